#include "cli/elements.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/result.h"
#include "btf/value_parse.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

/// What maps say whose keys can be walked but whose values are not for user space (sockets and the like).
bool is_unreadable(const Error& error) {
  return error.sys_errno() == EOPNOTSUPP || error.sys_errno() == ENOTSUP;
}

u32 read_u32(std::span<const std::byte> bytes) {
  u32 number = 0;
  std::memcpy(&number, bytes.data(), std::min(sizeof number, bytes.size()));
  return number;
}

}  // namespace

MapView view_of(const Map& map) {
  const MapTraits& traits = map.traits();
  return {.fd = map.fd().raw(),
          .type = traits.type,
          .key_bytes = traits.key_bytes,
          .value_bytes = traits.value_bytes,
          .max_entries = traits.max_entries,
          .btf = traits.btf.get(),
          .key_type_id = traits.key_type_id,
          .value_type_id = traits.value_type_id,
          .cpus = map.is_per_cpu() ? traits.cpu_count : 1};
}

bool MapView::has_elements() const {
  switch (type) {
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_RINGBUF:
    case BPF_MAP_TYPE_USER_RINGBUF:
    case BPF_MAP_TYPE_BLOOM_FILTER:
    case BPF_MAP_TYPE_ARENA:
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_SK_STORAGE:
    case BPF_MAP_TYPE_INODE_STORAGE:
    case BPF_MAP_TYPE_TASK_STORAGE:
    case BPF_MAP_TYPE_CGRP_STORAGE: return false;
    default: return key_bytes > 0;
  }
}

namespace {

/// Sorts what a walk brings into shown, zero and left out.
class Collector {
 public:
  Collector(const MapView& map, const Wanted& wanted) : map_(map), wanted_(wanted) {}

  /// Takes the elements of one step. False: nothing more is needed.
  bool take(std::span<const std::byte> keys, std::span<const std::byte> values) {
    const std::size_t count = keys.size() / map_.key_bytes;
    for (std::size_t i = 0; i < count; ++i) {
      if (is_full()) {
        return count_rest(count - i);
      }
      const auto key = keys.subspan(i * map_.key_bytes, map_.key_bytes);
      const auto value = values.subspan(i * map_.buffer_bytes(), map_.buffer_bytes());
      ++walked_;
      if (!wanted_.zeroes && map_.is_array() && all_zero(value)) {
        ++elements_.zeroes;
      } else {
        elements_.shown.push_back({{key.begin(), key.end()}, {value.begin(), value.end()}});
      }
    }
    return !(is_full() && map_.is_array()) || count_rest(0);
  }
  Elements finish() && { return std::move(elements_); }

 private:
  bool is_full() const { return wanted_.limit != 0 && elements_.shown.size() >= wanted_.limit; }

  /// An array is as long as it was made; of other maps only a walk tells, and that has to end somewhere.
  bool count_rest(std::size_t in_step) {
    constexpr u64 most_counted = 100'000;
    if (map_.is_array()) {
      elements_.left_out = std::max(u64{map_.max_entries}, walked_) - walked_;
      return false;
    }
    elements_.left_out += in_step;
    elements_.left_out_more = elements_.left_out >= most_counted;
    return !elements_.left_out_more;
  }

  const MapView& map_;
  const Wanted& wanted_;
  Elements elements_;
  u64 walked_ = 0;
};

}  // namespace

Result<Elements> read_elements(const Map& map, const MapView& view, const Wanted& wanted) {
  if (!view.has_elements()) {
    return fail(Errc::unsupported, cat("a map of type ", word(view.type), " has no elements to walk"));
  }
  Collector collector(view, wanted);
  MapCursor cursor = map.cursor();
  std::vector<std::byte> keys;
  std::vector<std::byte> values;
  while (true) {
    auto more = cursor.next(keys, values);
    if (!more && !is_unreadable(more.error())) {
      return std::unexpected(std::move(more).error());
    }
    if (!more || !*more || !collector.take(keys, values)) {
      return std::move(collector).finish();
    }
  }
}

std::string element_value_text(const MapView& map, std::span<const std::byte> value) {
  if (map.type == BPF_MAP_TYPE_PROG_ARRAY) {
    return cat("program id ", read_u32(value));
  }
  if (map.type == BPF_MAP_TYPE_ARRAY_OF_MAPS || map.type == BPF_MAP_TYPE_HASH_OF_MAPS) {
    return cat("map id ", read_u32(value));
  }
  if (!map.per_cpu()) {
    return value_text(map.btf, map.value_type_id, value);
  }
  if (all_zero(value)) {
    return cat(value_text(map.btf, map.value_type_id, value.first(map.value_bytes)), " on every cpu");
  }
  std::string text;
  for (u32 cpu = 0; cpu < map.cpus; ++cpu) {
    text += cat(cpu == 0 ? "" : ", ", "cpu", cpu, " ",
                value_text(map.btf, map.value_type_id, value.subspan(cpu * map.stride(), map.value_bytes)));
  }
  return text;
}

std::string element_text(const MapView& map, const Element& element) {
  const bool plain_index = map.is_array() && map.key_type_id == 0 && element.key.size() == sizeof(u32);
  const std::string key =
      plain_index ? std::to_string(read_u32(element.key)) : value_text(map.btf, map.key_type_id, element.key);
  return cat("[", key, "] = ", element_value_text(map, element.value));
}

std::string remainder_text(const Elements& elements) {
  std::vector<std::string> parts;
  if (elements.zeroes > 0) {
    parts.push_back(cat(elements.zeroes, elements.zeroes == 1 ? " element is zero" : " elements are zero"));
  }
  if (elements.left_out > 0) {
    parts.push_back(
        cat(elements.left_out_more ? "over " : "", elements.left_out, " more not shown (--limit)"));
  }
  return join(parts, ", ");
}

namespace {

Result<std::vector<std::byte>> parse_hex(std::string_view text, u32 bytes) {
  std::vector<std::byte> parsed;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
    u8 byte = 0;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, byte, 16);
    if (error != std::errc{} || end != text.data() + at + 2) {
      return fail(Errc::invalid, cat("'", text, "' is not hexadecimal"));
    }
    parsed.push_back(static_cast<std::byte>(byte));
  }
  if (text.size() % 2 != 0 || parsed.size() != bytes) {
    return fail(Errc::invalid, cat("want ", bytes, " bytes (", u64{bytes} * 2, " hexadecimal digits), have ",
                                   text.size(), " digits"));
  }
  return parsed;
}

Result<std::vector<std::byte>> parse_number(std::string_view text, u32 bytes) {
  const bool is_hex = text.starts_with("0x");
  const std::string_view digits = text.substr(is_hex ? 2 : 0);
  s64 number = 0;
  u64 natural = 0;
  const char* end = digits.data() + digits.size();
  const bool negative = text.starts_with('-');
  const auto parsed = negative ? std::from_chars(digits.data(), end, number)
                               : std::from_chars(digits.data(), end, natural, is_hex ? 16 : 10);
  natural = negative ? static_cast<u64>(number) : natural;
  const u32 bits = bytes * 8;
  const bool fits = bytes >= 8 || (negative ? number >= -(s64{1} << (bits - 1)) : natural < (u64{1} << bits));
  if (parsed.ec != std::errc{} || parsed.ptr != end || !fits) {
    return fail(Errc::invalid, cat("'", text, "' is no number of ", bytes,
                                   " bytes; the map has no BTF: give bytes as hex:..."));
  }
  std::vector<std::byte> raw(bytes);
  const std::size_t skip = std::endian::native == std::endian::little ? 0 : sizeof natural - bytes;
  std::memcpy(raw.data(), reinterpret_cast<const std::byte*>(&natural) + skip, bytes);
  return raw;
}

}  // namespace

Result<std::vector<std::byte>> parse_bytes(const btf::Btf* btf, u32 type_id, u32 bytes,
                                           std::string_view text) {
  constexpr std::string_view hex_prefix = "hex:";
  if (text.starts_with(hex_prefix)) {
    return parse_hex(text.substr(hex_prefix.size()), bytes);
  }
  if (btf != nullptr && type_id != 0 && type_id < btf->type_count()) {
    std::vector<std::byte> parsed(bytes);
    SKEP_CHECK(btf::parse_into(*btf, type_id, text, parsed));
    return parsed;
  }
  if (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8) {
    return parse_number(text, bytes);
  }
  return fail(Errc::invalid, cat("the map has no BTF: give ", bytes, " bytes as hex:..."));
}

}  // namespace skep::cli

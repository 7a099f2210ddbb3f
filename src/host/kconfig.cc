#include "host/kconfig.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "skep/uapi/btf.h"

namespace skep::host {
namespace {

constexpr std::string_view prefix = "CONFIG_";
constexpr std::string_view not_set_begin = "# CONFIG_";
constexpr std::string_view not_set_end = " is not set";
constexpr std::string_view tristate_name = "libbpf_tristate";
constexpr std::size_t shown = 64;  // of a value or line in messages

/// As much as belongs in a message.
std::string excerpt(std::string_view text) {
  std::string made(text.substr(0, shown));
  for (char& c : made) {
    c = static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  }
  return text.size() > shown ? made + "..." : made;
}

struct Line {
  std::string_view name;  // empty: a comment, a blank line, or something else
  ConfigOption option;
};

Result<Line> parse_line(std::string_view line, u32 number) {
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  Line made{.option = {.line = number}};
  if (line.starts_with(not_set_begin) && line.ends_with(not_set_end)) {
    made.name = line.substr(2, line.size() - 2 - not_set_end.size());
    made.option.state = ConfigOption::State::not_set;
    return made;
  }
  if (!line.starts_with(prefix)) {
    return made;
  }
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos || equals + 1 == line.size()) {
    return fail(Errc::malformed,
                cat("line ", number, ": want CONFIG_NAME=value, have '", excerpt(line), "'"));
  }
  made.name = line.substr(0, equals);
  made.option.state = ConfigOption::State::set;
  made.option.value = line.substr(equals + 1);
  return made;
}

/// Calls `act` for each line that tells of an option.
template <class Act>
Result<void> for_each_option(std::string_view text, const Act& act) {
  u32 number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    SKEP_TRY(const Line line, parse_line(text.substr(0, end), ++number));
    if (!line.name.empty()) {
      act(line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return {};
}

/// A number as C has it: 10, 0xa, 012, -10.
struct Number {
  u64 magnitude = 0;
  bool is_negative = false;
};

std::optional<Number> parse_number(std::string_view text) {
  Number made;
  if (text.starts_with('-')) {
    made.is_negative = true;
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;
    text.remove_prefix(1);
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), made.magnitude, base);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return made;
}

std::string describe(const ConfigType& type) {
  switch (type.kind) {
    case ConfigType::Kind::boolean: return "a bool (y or n)";
    case ConfigType::Kind::tristate: return "an enum libbpf_tristate (y, n or m)";
    case ConfigType::Kind::character: return "a char (y, n, m or a number of one byte)";
    case ConfigType::Kind::integer:
      return cat(type.is_signed ? "a signed" : "an unsigned", " integer of ", type.bytes,
                 type.bytes == 1 ? " byte" : " bytes");
    case ConfigType::Kind::text: return "a char array (quoted text)";
  }
  std::unreachable();
}

void put(u64 number, std::span<std::byte> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    const std::size_t at = std::endian::native == std::endian::little ? i : into.size() - 1 - i;
    into[at] = static_cast<std::byte>(number >> (8 * i));
  }
}

std::unexpected<Error> wrong_kind(std::string_view value, std::string_view what, const ConfigType& type) {
  return fail(Errc::invalid,
              cat("the value ", excerpt(value), " is ", what, ", the variable ", describe(type)));
}

Result<void> store_letter(char letter, const ConfigType& type, std::span<std::byte> into) {
  const std::string_view value(&letter, 1);
  switch (type.kind) {
    case ConfigType::Kind::boolean:
      if (letter == 'm') {
        return fail(Errc::invalid,
                    "the value m (a module) does not fit a bool; declare the variable enum libbpf_tristate");
      }
      put(letter == 'y' ? 1 : 0, into);
      return {};
    case ConfigType::Kind::tristate:
      put(static_cast<u32>(letter == 'y'   ? Tristate::yes
                           : letter == 'm' ? Tristate::module
                                           : Tristate::no),
          into);
      return {};
    case ConfigType::Kind::character: into[0] = static_cast<std::byte>(letter); return {};
    case ConfigType::Kind::integer:
    case ConfigType::Kind::text: return wrong_kind(value, letter == 'm' ? "a module's" : "a yes or no", type);
  }
  std::unreachable();
}

Result<u64> store_text(std::string_view value, const ConfigType& type, std::span<std::byte> into) {
  if (type.kind != ConfigType::Kind::text) {
    return wrong_kind(value, "text", type);
  }
  if (value.size() < 2 || !value.ends_with('"')) {
    return fail(Errc::malformed, cat("the text ", excerpt(value), " does not end with a quotation mark"));
  }
  value = value.substr(1, value.size() - 2);
  std::string text;
  text.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    i += value[i] == '\\' && i + 1 < value.size() ? 1 : 0;  // kconfig escapes '"' and '\'
    text += value[i];
  }
  const std::size_t kept = std::min(text.size(), into.size() - 1);
  std::memcpy(into.data(), text.data(), kept);
  std::fill(into.begin() + static_cast<std::ptrdiff_t>(kept), into.end(), std::byte{0});
  return text.size() - kept;
}

/// Whether a number fits a variable of so many bytes.
bool fits(const Number& number, const ConfigType& type) {
  const u32 bits = type.bytes * 8;
  if (type.is_signed) {
    const u64 limit = u64{1} << (bits - 1);
    return number.is_negative ? number.magnitude <= limit : number.magnitude < limit;
  }
  return (!number.is_negative || number.magnitude == 0) && (bits == 64 || number.magnitude >> bits == 0);
}

Result<void> store(const Number& number, std::string_view value, const ConfigType& type,
                   std::span<std::byte> into) {
  switch (type.kind) {
    case ConfigType::Kind::boolean:
      if (number.is_negative || number.magnitude > 1) {
        return wrong_kind(value, "a number", type);
      }
      break;
    case ConfigType::Kind::character:
    case ConfigType::Kind::integer:
      if (!fits(number, type)) {
        return fail(Errc::invalid, cat("the value ", excerpt(value), " does not fit ", describe(type)));
      }
      break;
    case ConfigType::Kind::tristate:
    case ConfigType::Kind::text: return wrong_kind(value, "a number", type);
  }
  put(number.is_negative ? u64{0} - number.magnitude : number.magnitude, into);
  return {};
}

}  // namespace

Result<std::vector<ConfigOption>> find_options(std::string_view text,
                                               std::span<const std::string_view> names) {
  std::vector<ConfigOption> found(names.size());
  std::unordered_map<std::string_view, std::size_t> wanted;
  for (std::size_t i = 0; i < names.size(); ++i) {
    wanted.emplace(names[i], i);
  }
  bool names_any = false;
  SKEP_CHECK(for_each_option(text, [&](const Line& line) {
    names_any = true;
    const auto at = wanted.find(line.name);
    if (at != wanted.end() && found[at->second].state == ConfigOption::State::absent) {
      found[at->second] = line.option;
    }
  }));
  if (!names_any && !trim(text).empty()) {
    return fail(
        Errc::malformed,
        "is no kernel configuration: want lines such as CONFIG_HZ=250, have none that names an option");
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    found[i] = found[wanted[names[i]]];  // the same name twice
  }
  return found;
}

std::vector<std::string> near_options(std::string_view text, std::string_view name) {
  constexpr std::size_t most = 20'000;  // a configuration names about as many options
  std::vector<std::string_view> candidates;
  const auto take = [&](const Line& line) {
    const bool is_near = line.name.size() + 2 >= name.size() && name.size() + 2 >= line.name.size();
    if (is_near && candidates.size() < most) {
      candidates.push_back(line.name);
    }
  };
  if (!for_each_option(text, take)) {
    return {};
  }
  return nearest(name, candidates);
}

Result<ConfigType> config_type(const btf::Btf& types, u32 type_id) {
  const btf::Type type = types.type(types.resolve(type_id));
  switch (type.kind()) {
    case btf::Kind::int_: {
      const u32 bytes = type.size_bytes();
      if ((type.int_encoding() & BTF_INT_BOOL) != 0 && bytes == 1) {
        return ConfigType{.kind = ConfigType::Kind::boolean, .bytes = 1};
      }
      if ((type.int_encoding() & BTF_INT_BOOL) == 0 && bytes <= sizeof(u64) && std::has_single_bit(bytes)) {
        return ConfigType{.kind = bytes == 1 ? ConfigType::Kind::character : ConfigType::Kind::integer,
                          .bytes = bytes,
                          .is_signed = (type.int_encoding() & BTF_INT_SIGNED) != 0};
      }
      break;
    }
    case btf::Kind::enum_:
      if (type.size_bytes() == sizeof(Tristate) && type.name() == tristate_name) {
        return ConfigType{.kind = ConfigType::Kind::tristate, .bytes = sizeof(Tristate)};
      }
      break;
    case btf::Kind::array: {
      const btf::Array array = type.array();
      const btf::Type element = types.type(types.resolve(array.element_type_id));
      if (array.count != 0 && element.kind() == btf::Kind::int_ && element.size_bytes() == 1 &&
          (element.int_encoding() & BTF_INT_BOOL) == 0) {
        return ConfigType{.kind = ConfigType::Kind::text, .bytes = array.count};
      }
      break;
    }
    default: break;
  }
  return fail(
      Errc::unsupported,
      "a value of the configuration is a bool, an enum libbpf_tristate, a char, an integer of at most 8 "
      "bytes or a char array; the variable is none of these");
}

Result<u64> store_option(std::string_view value, const ConfigType& type, std::span<std::byte> into) {
  SKEP_ASSERT(into.size() == type.bytes && !into.empty());
  if (value == "y" || value == "n" || value == "m") {
    SKEP_CHECK(store_letter(value.front(), type, into));
    return 0;
  }
  if (value.starts_with('"')) {
    return store_text(value, type, into);
  }
  const std::optional<Number> number = parse_number(value);
  if (!number) {
    return fail(Errc::malformed, cat("the value ", excerpt(value),
                                     " is neither y, n, m, nor quoted text, nor a number of 64 bits"));
  }
  SKEP_CHECK(store(*number, value, type, into));
  return 0;
}

Result<void> store_number(u64 number, const ConfigType& type, std::span<std::byte> into) {
  SKEP_ASSERT(into.size() == type.bytes && !into.empty());
  return store({.magnitude = number}, cat(number), type, into);
}

}  // namespace skep::host

#include "kernel/narrate.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/text.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/link_type.h"
#include "skep/uapi/map_type.h"
#include "skep/uapi/prog_type.h"

namespace skep::kernel {

namespace {

/// Longest text told of a string in the caller's memory.
constexpr std::size_t longest_text = 256;

/// The field's bytes; zeros where the attributes end before.
std::vector<std::byte> bytes_of(const Field& field, std::span<const std::byte> attr) {
  std::vector<std::byte> bytes(field.bytes);
  if (field.offset < attr.size()) {
    const auto there =
        attr.subspan(field.offset, std::min<std::size_t>(field.bytes, attr.size() - field.offset));
    std::ranges::copy(there, bytes.begin());
  }
  return bytes;
}

u64 number_in(const std::vector<std::byte>& bytes) {
  if (bytes.size() == sizeof(u32)) {
    u32 narrow = 0;
    std::memcpy(&narrow, bytes.data(), sizeof narrow);
    return narrow;
  }
  u64 wide = 0;
  std::memcpy(&wide, bytes.data(), std::min(bytes.size(), sizeof wide));
  return wide;
}

bool is_zero(const std::vector<std::byte>& bytes) {
  return std::ranges::all_of(bytes, [](std::byte byte) { return byte == std::byte{0}; });
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    const bool printable = letter >= ' ' && letter <= '~' && letter != '"' && letter != '\\';
    if (printable) {
      out += letter;
    } else {
      constexpr std::string_view digits = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(letter);
      out += {'\\', 'x', digits[code >> 4], digits[code & 15]};
    }
  }
  return out + "\"";
}

template <class Table>
std::string_view name_in(const Table& table, u64 value) {
  using Enum = decltype(table[0].value);
  return name_of(table, static_cast<std::remove_cv_t<Enum>>(value));
}

std::string enumeration_text(std::string_view table, u64 value) {
  std::string_view name;
  if (table == "map_type") {
    name = name_in(map_type_names, value);
  } else if (table == "prog_type") {
    name = name_in(prog_type_names, value);
  } else if (table == "attach_type") {
    name = name_in(attach_type_names, value);
  } else if (table == "link_type") {
    name = name_in(link_type_names, value);
  } else if (table == "task_fd_type") {
    name = name_in(task_fd_type_names, value);
  } else if (table == "stats_type") {
    name = name_in(stats_type_names, value);
  } else if (table == "stream") {
    name = value == BPF_STREAM_STDOUT ? "stdout" : value == BPF_STREAM_STDERR ? "stderr" : "";
  }
  return name.empty() ? cat(value) : cat(value, " (", name, ")");
}

std::string flag_text(std::string_view group, u64 value) {
  const auto found = std::ranges::find(flag_groups, group, &FlagGroup::name);
  return found == flag_groups.end() ? hex(value) : flags_text(found->rows, value);
}

std::string string_text(u64 address, Pointees pointees) {
  if (pointees == Pointees::gone || address == 0) {
    return hex(address);
  }
  const auto* text = reinterpret_cast<const char*>(static_cast<std::uintptr_t>(address));
  const std::size_t length = ::strnlen(text, longest_text);
  return quote({text, length}) + (length == longest_text ? "..." : "");
}

std::string data_text(const std::vector<std::byte>& bytes) {
  std::string out;
  for (const std::byte byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += {digits[std::to_integer<unsigned>(byte) >> 4], digits[std::to_integer<unsigned>(byte) & 15]};
  }
  return out;
}

s64 signed_number(const std::vector<std::byte>& bytes) {
  const u64 raw = number_in(bytes);
  return bytes.size() == sizeof(s32) ? static_cast<s32>(static_cast<u32>(raw)) : static_cast<s64>(raw);
}

/// The attach type in the attributes, when the command has one.
std::optional<bpf_attach_type> attach_type_in(std::span<const Field> fields,
                                              std::span<const std::byte> attr) {
  const auto found = std::ranges::find(fields, "attach_type", &Field::name);
  if (found == fields.end()) {
    return std::nullopt;
  }
  return static_cast<bpf_attach_type>(number_in(bytes_of(*found, attr)));
}

bool overlap(const Field& a, const Field& b) {
  return a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

/// The fields that the attach type in `attr` leaves, without those whose bytes mean something else to it.
std::vector<const Field*> fields_in_use(bpf_cmd cmd, std::span<const std::byte> attr) {
  const std::span<const Field> fields = fields_of(cmd);
  const std::optional<bpf_attach_type> attach = attach_type_in(fields, attr);
  const auto asked_for = [&](const Field& field) {
    return attach && std::ranges::find(field.attach_types, *attach) != field.attach_types.end();
  };
  std::vector<const Field*> used;
  for (const Field& field : fields) {
    const bool superseded =
        field.attach_types.empty() && std::ranges::any_of(fields, [&](const Field& other) {
          return &other != &field && asked_for(other) && overlap(field, other);
        });
    if ((field.attach_types.empty() && !superseded) || asked_for(field)) {
      used.push_back(&field);
    }
  }
  return used;
}

NarratedField tell(const Field& field, std::span<const std::byte> attr, Pointees pointees) {
  return {.name = field.name,
          .value = value_text(field, attr, pointees),
          .meaning = field.meaning,
          .direction = field.direction};
}

}  // namespace

std::string value_text(const Field& field, std::span<const std::byte> attr, Pointees pointees) {
  const std::vector<std::byte> bytes = bytes_of(field, attr);
  const u64 number = number_in(bytes);
  switch (field.format) {
    case FieldFormat::number:
    case FieldFormat::reserved: return cat(number);
    case FieldFormat::signed_number: return cat(signed_number(bytes));
    case FieldFormat::hex:
    case FieldFormat::pointer: return hex(number);
    case FieldFormat::bytes: return cat(number, number == 1 ? " byte" : " bytes");
    case FieldFormat::nanoseconds: return cat(number, " ns");
    case FieldFormat::id: return cat("id ", number);
    case FieldFormat::descriptor: return cat("fd ", signed_number(bytes));
    case FieldFormat::descriptor_or_none: return number == 0 ? "none" : cat("fd ", signed_number(bytes));
    case FieldFormat::string: return string_text(number, pointees);
    case FieldFormat::name:
      return quote(until_nul({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    case FieldFormat::data: return data_text(bytes);
    case FieldFormat::flags: return flag_text(field.table, number);
    case FieldFormat::enumeration: return enumeration_text(field.table, number);
  }
  return {};
}

std::vector<NarratedField> narrate(bpf_cmd cmd, std::span<const std::byte> attr, Pointees pointees) {
  std::vector<NarratedField> told;
  for (const Field* field : fields_in_use(cmd, attr)) {
    if (!is_zero(bytes_of(*field, attr))) {
      told.push_back(tell(*field, attr, pointees));
    }
  }
  return told;
}

std::vector<NarratedField> narrate_results(bpf_cmd cmd, std::span<const std::byte> before,
                                           std::span<const std::byte> after) {
  std::vector<NarratedField> told;
  for (const Field* field : fields_in_use(cmd, before)) {
    if (field->direction != FieldDirection::in && bytes_of(*field, before) != bytes_of(*field, after)) {
      told.push_back(tell(*field, after, Pointees::gone));
    }
  }
  return told;
}

std::vector<NarratedField> narrate_common(std::span<const std::byte> common) {
  std::vector<NarratedField> told;
  for (const Field& field : common_fields()) {
    if (!is_zero(bytes_of(field, common))) {
      told.push_back(tell(field, common, Pointees::gone));
    }
  }
  return told;
}

}  // namespace skep::kernel

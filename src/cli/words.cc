#include "cli/words.h"

#include <algorithm>

#include "base/text.h"
#include "btf/declare.h"
#include "btf/value.h"
#include "skep/uapi/flags.h"

namespace skep::cli {

namespace {

template <class Enum, std::size_t N>
std::string or_number(const std::array<NameRow<Enum>, N>& table, Enum value, std::string_view noun) {
  const std::string_view name = name_of(table, value);
  return name.empty() ? cat(noun, " ", static_cast<u32>(value)) : std::string(name);
}

}  // namespace

std::string word(bpf_map_type type) {
  return or_number(map_type_names, type, "map type");
}

std::string word(bpf_prog_type type) {
  return or_number(prog_type_names, type, "program type");
}

std::string attach_word(bpf_prog_type type, bpf_attach_type attach) {
  const bool none = attach == bpf_attach_type{} && type != BPF_PROG_TYPE_CGROUP_SKB;
  return none ? std::string() : or_number(attach_type_names, attach, "attach type");
}

std::string_view word(MapStyle style) {
  switch (style) {
    case MapStyle::btf: return "btf";
    case MapStyle::legacy: return "legacy";
    case MapStyle::data: return "data";
    case MapStyle::struct_ops: return "struct_ops";
  }
  return {};
}

std::string_view word(RelocationKind kind) {
  switch (kind) {
    case RelocationKind::map_fd: return "map";
    case RelocationKind::map_value: return "map_value";
    case RelocationKind::subprogram_call: return "call";
    case RelocationKind::subprogram_address: return "function_address";
    case RelocationKind::extern_variable: return "extern_variable";
    case RelocationKind::extern_function: return "extern_function";
    case RelocationKind::extern_function_address: return "extern_function_address";
    case RelocationKind::jump_table: return "jump_table";
  }
  return {};
}

std::string_view word(ExternSpec::Kind kind) {
  switch (kind) {
    case ExternSpec::Kind::kconfig: return "kconfig";
    case ExternSpec::Kind::ksym_variable: return "ksym_variable";
    case ExternSpec::Kind::ksym_function: return "ksym_function";
  }
  return {};
}

std::string map_flags_word(u32 flags) {
  if (flags == 0) {
    return {};
  }
  constexpr std::string_view prefix = "BPF_F_";
  std::string text;
  const std::string all = flags_text(map_create_flags, flags);
  for (std::string_view name : split(all, '|')) {
    name.remove_prefix(name.starts_with(prefix) ? prefix.size() : 0);
    text += cat(text.empty() ? "" : "|", name);
  }
  return text;
}

std::string c_type(const btf::Btf* btf, u32 type_id) {
  return btf == nullptr || type_id == 0 || type_id >= btf->type_count() ? std::string()
                                                                        : btf::declaration(*btf, type_id);
}

std::string c_declaration(const ObjectSpec& spec, const VariableSpec& variable) {
  const std::string prefix = variable.is_static ? "static " : "";
  if (spec.btf == nullptr || variable.type_id == 0 || variable.type_id >= spec.btf->type_count()) {
    return prefix + variable.name;
  }
  return prefix + btf::declaration(*spec.btf, variable.type_id, variable.name);
}

std::string hex_bytes(std::span<const std::byte> bytes, std::size_t most) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes.first(std::min(most, bytes.size()))) {
    text += text.empty() ? "" : " ";
    text += digits[static_cast<u8>(byte) >> 4];
    text += digits[static_cast<u8>(byte) & 15];
  }
  return bytes.size() > most ? cat(text, " ... (", bytes.size(), " bytes)") : text;
}

std::string value_text(const btf::Btf* btf, u32 type_id, std::span<const std::byte> bytes, u32 most_elements,
                       btf::Strings strings) {
  if (btf != nullptr && type_id != 0 && type_id < btf->type_count()) {
    if (auto text = btf::format(*btf, type_id, bytes, most_elements, strings)) {
      return *std::move(text);
    }
  }
  return hex_bytes(bytes);
}

std::string member_name(const ObjectSpec& spec, const MapSpec& map, const MemberSpec& member) {
  const u32 id = spec.btf == nullptr ? 0 : map.value_type_id;
  if (id != 0 && id < spec.btf->type_count() && spec.btf->type(id).is_composite()) {
    const btf::Type type = spec.btf->type(id);
    for (u32 i = 0; i < type.vlen(); ++i) {
      if (type.member(i).offset_bits == u64{member.offset} * 8) {
        return std::string(type.member(i).name);
      }
    }
  }
  return cat("offset ", member.offset);
}

std::span<const std::byte> initial_bytes(const ObjectSpec& spec, const VariableSpec& variable) {
  const std::span<const std::byte> section = spec.maps[variable.map].contents.bytes();
  const bool inside =
      variable.offset <= section.size() && variable.size_bytes <= section.size() - variable.offset;
  return inside ? section.subspan(variable.offset, variable.size_bytes) : std::span<const std::byte>{};
}

const btf::Btf* value_types(const ObjectSpec& spec) {
  return spec.byte_order == std::endian::native ? spec.btf.get() : nullptr;
}

}  // namespace skep::cli

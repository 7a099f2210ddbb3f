// struct_ops: each variable of .struct_ops and .struct_ops.link is a table of function pointers and values that the kernel knows as a struct of its own. Programs
// come into it by relocations of those sections.
#include <algorithm>
#include <cstring>

#include "object/draft.h"
#include "skep/uapi/flags.h"

namespace skep::object {
namespace {

constexpr u64 pointer_bytes = 8;

struct Kind {
  bool is_table = false;
  bool has_link = false;
  bool is_optional = false;  ///< the name began with '?': not created unless asked for
};

Kind kind_of(std::string_view section) {
  Kind kind{.is_optional = section.starts_with('?')};
  section.remove_prefix(kind.is_optional ? 1 : 0);
  kind.has_link = section == ".struct_ops.link";
  kind.is_table = kind.has_link || section == ".struct_ops";
  return kind;
}

constexpr u32 most_value_bytes = u32{1} << 20;  // far above the kernel's tables

Result<void> add_table(Draft& draft, const elf::Section& section, const btf::SectionVariable& at, Kind kind) {
  const btf::Btf& types = *draft.spec.btf;
  const btf::Type variable = types.type(at.type_id);
  if (variable.kind() != btf::Kind::var) {
    return fail(Errc::malformed, cat("want variables, have type ", at.type_id, ", which is none"));
  }
  const std::string name(variable.name());
  const btf::Type type = types.type(types.resolve(variable.type_id()));
  if (type.kind() != btf::Kind::struct_ || type.name().empty()) {
    return fail(Errc::malformed, cat("variable '", name, "': want a struct that has a name, have ",
                                     btf::name_of(type.kind())));
  }
  if (at.bytes != type.size_bytes() || at.offset > section.size || at.bytes > section.size - at.offset) {
    return fail(Errc::malformed, cat("variable '", name, "' takes ", at.bytes, " bytes at offset ", at.offset,
                                     ", its type ", type.size_bytes(), ", the section has ", section.size));
  }
  if (at.bytes == 0 || at.bytes > most_value_bytes) {
    return fail(Errc::malformed,
                cat("variable '", name, "': want 1 to ", most_value_bytes, " bytes, have ", at.bytes));
  }
  std::string section_name(section.name.substr(kind.is_optional ? 1 : 0));
  const auto index = static_cast<u32>(draft.spec.maps.size());
  MapSpec map{.name = name,
              .section = section_name,
              .style = MapStyle::struct_ops,
              .type = BPF_MAP_TYPE_STRUCT_OPS,
              .key_bytes = sizeof(u32),
              .value_bytes = at.bytes,
              .max_entries = 1,
              .flags = kind.has_link ? u32{BPF_F_LINK} : 0u,
              .value_type_id = type.id(),
              .variable_type_id = at.type_id,
              .autocreate = !kind.is_optional,
              .section_offset = at.offset};
  SKEP_TRY(map.contents, DataRegion::allocate(at.bytes));
  if (!section.bytes.empty()) {
    SKEP_TRY(const ByteView bytes, section.bytes.slice(at.offset, at.bytes));
    std::memcpy(map.contents.bytes().data(), bytes.span().data(), at.bytes);
  }
  draft.spec.maps.push_back(std::move(map));
  draft.spec.variables.push_back({.name = name,
                                  .section = std::move(section_name),
                                  .map = index,
                                  .offset = 0,
                                  .size_bytes = at.bytes,
                                  .type_id = variable.type_id(),
                                  .is_static = variable.linkage() == BTF_VAR_STATIC});
  return {};
}

/// Whether the member at this offset is a pointer to a function; the members of structs within are not looked at: the kernel calls none of theirs.
bool is_callback(const btf::Btf& types, u32 struct_id, u64 offset) {
  const btf::Type type = types.type(struct_id);
  for (u32 i = 0; i < type.vlen(); ++i) {
    const btf::Member member = type.member(i);
    if (member.bitfield_bits != 0 || member.offset_bits != offset * 8) {
      continue;
    }
    const btf::Type pointer = types.type(types.resolve(member.type_id));
    return pointer.kind() == btf::Kind::ptr &&
           types.kind(types.resolve(pointer.type_id())) == btf::Kind::func_proto;
  }
  return false;
}

using ProgramAt = std::unordered_map<u32, u32>;  // by index of their function

Result<void> add_member(Draft& draft, const ProgramAt& programs, MapSpec& map, u64 offset,
                        const elf::Symbol& symbol) {
  if (offset + pointer_bytes > map.value_bytes || !is_callback(*draft.spec.btf, map.value_type_id, offset)) {
    return fail(Errc::malformed, cat("variable '", map.name, "': want '", symbol.name,
                                     "' in a member that is a pointer to a function, have offset ", offset));
  }
  std::byte* place = map.contents.bytes().data() + offset;
  u64 addend = 0;  // in the file's byte order, which says nothing when it is 0: what a compiler leaves there
  std::memcpy(&addend, place, sizeof addend);
  if (addend != 0 && draft.spec.byte_order != std::endian::native) {
    addend = __builtin_bswap64(addend);
  }
  const u32 function = draft.function_at(symbol.section, symbol.value + addend);
  const auto program = programs.find(function);
  if (function == no_index || program == programs.end()) {
    return fail(Errc::malformed, cat("variable '", map.name, "': offset ", offset, " is '", symbol.name,
                                     "', which is no program (a function of a section \"struct_ops\")"));
  }
  std::memset(place, 0, pointer_bytes);
  map.members.push_back({.offset = static_cast<u32>(offset), .program = program->second});
  return {};
}

Result<void> read_table(Draft& draft, const elf::Section& table, const ProgramAt& programs) {
  const std::string_view section = draft.section(table.info).name;
  const bool is_optional = section.starts_with('?');
  std::vector<u32> maps;
  for (u32 i = 0; i < draft.spec.maps.size(); ++i) {
    const MapSpec& map = draft.spec.maps[i];
    if (map.style == MapStyle::struct_ops && map.autocreate != is_optional &&
        map.section == section.substr(is_optional ? 1 : 0)) {
      maps.push_back(i);
    }
  }
  const auto offset_of = [&](u32 map) { return draft.spec.maps[map].section_offset; };
  std::ranges::sort(maps, {}, offset_of);
  SKEP_TRY(const auto relocations, draft.file.relocations(table));
  for (u32 i = 0; i < relocations.size(); ++i) {
    const u64 offset = relocations[i].offset;
    const auto after = std::ranges::upper_bound(maps, offset, {}, offset_of);
    if (after == maps.begin() ||
        offset - offset_of(*(after - 1)) >= draft.spec.maps[*(after - 1)].value_bytes) {
      return fail(Errc::malformed, cat("relocation ", i, ": offset ", offset, " is in no variable"));
    }
    MapSpec& map = draft.spec.maps[*(after - 1)];
    SKEP_CHECK_IN(cat("relocation ", i), add_member(draft, programs, map, offset - map.section_offset,
                                                    draft.file.symbols()[relocations[i].symbol]));
  }
  for (const u32 map : maps) {
    std::ranges::sort(draft.spec.maps[map].members, {}, &MemberSpec::offset);
  }
  return {};
}

}  // namespace

Result<void> read_struct_ops(Draft& draft) {
  for (const elf::Section& section : draft.file.sections()) {
    const Kind kind = kind_of(section.name);
    if (!kind.is_table || section.size == 0) {
      continue;
    }
    const u32 datasec = draft.datasec(section.name);
    if (datasec == 0) {
      return fail(Errc::malformed, cat("section ", section.name,
                                       ": its variables are found by their types, and BTF has none of them "
                                       "(is -g missing?)"));
    }
    const btf::Type variables = draft.spec.btf->type(datasec);
    u64 end = 0;
    for (u32 i = 0; i < variables.vlen(); ++i) {
      const btf::SectionVariable at = variables.section_variable(i);
      if (at.offset < end) {  // each takes memory of its own
        return fail(Errc::malformed,
                    cat("section ", section.name, ": variables overlap at offset ", at.offset));
      }
      end = u64{at.offset} + at.bytes;
      SKEP_CHECK_IN(cat("section ", section.name), add_table(draft, section, at, kind));
    }
  }
  return {};
}

Result<void> read_struct_ops_members(Draft& draft) {
  ProgramAt programs;
  for (u32 i = 0; i < draft.spec.programs.size(); ++i) {
    if (draft.spec.programs[i].type == BPF_PROG_TYPE_STRUCT_OPS) {
      programs.emplace(draft.spec.programs[i].function, i);
    }
  }
  for (const elf::Section& table : draft.file.sections()) {
    if (table.type != SHT_REL || table.info >= draft.file.sections().size() ||
        !kind_of(draft.section(table.info).name).is_table) {
      continue;
    }
    SKEP_CHECK_IN(cat("section ", table.name), read_table(draft, table, programs));
  }
  return {};
}

}  // namespace skep::object

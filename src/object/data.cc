// Global data: each data section becomes a map with one element that holds the section, and a list of the variables in it.
#include <algorithm>
#include <cstring>

#include "object/draft.h"
#include "skep/uapi/flags.h"

namespace skep::object {

/// What the kernel is told: as much of the object's name as fits before the section's, or the whole name of a section of the user's own
/// (".data.stats"). The same rule as libbpf's, so that tools find the maps under the names that they know.
std::string data_map_name(std::string_view object_name, std::string_view section) {
  constexpr std::size_t most = 15;
  constexpr std::size_t section_part = 7;
  const bool is_own = section.substr(1).find('.') != std::string_view::npos;
  const std::size_t suffix = std::max(section.size(), section_part);
  const std::size_t prefix = is_own || suffix >= most ? 0 : std::min(most - suffix, object_name.size());
  std::string name = cat(object_name.substr(0, prefix), section);
  for (char& c : name) {
    const bool is_allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (!is_allowed) {
      c = '_';
    }
  }
  return name;
}

namespace {

constexpr u64 most_section_bytes = u64{1} << 30;

Result<DataRegion> initial_contents(const elf::Section& section) {
  if (section.size > most_section_bytes) {
    return fail(Errc::malformed,
                cat("takes ", section.size, " bytes; skep allows at most ", most_section_bytes));
  }
  SKEP_TRY(DataRegion contents, DataRegion::allocate(section.size));
  if (!section.bytes.empty()) {  // .bss has none
    std::memcpy(contents.bytes().data(), section.bytes.data(), section.bytes.size());
  }
  return contents;
}

/// A section whose variables are part of a map.
struct DataPlace {
  u32 map = 0;
  std::string section;
  u64 section_bytes = 0;
};

/// Adds the variables that BTF declares; says whether one of them is visible from outside, which is what makes the map worth mapping.
Result<bool> add_declared_variables(Draft& draft, const DataPlace& place, u32 datasec) {
  const btf::Btf& types = *draft.spec.btf;
  const btf::Type section = types.type(datasec);
  bool has_global = false;
  for (u32 i = 0; i < section.vlen(); ++i) {
    const btf::SectionVariable at = section.section_variable(i);
    const btf::Type variable = types.type(at.type_id);
    if (variable.kind() != btf::Kind::var) {
      continue;
    }
    // A second section of the same name has the same BTF and another size.
    if (at.offset > place.section_bytes || at.bytes > place.section_bytes - at.offset) {
      return fail(Errc::malformed,
                  cat("variable '", variable.name(), "' takes ", at.bytes, " bytes at offset ", at.offset,
                      ", the section has ", place.section_bytes));
    }
    const bool is_static = variable.linkage() == BTF_VAR_STATIC;
    has_global |= !is_static;
    draft.spec.variables.push_back({.name = std::string(variable.name()),
                                    .section = place.section,
                                    .map = place.map,
                                    .offset = at.offset,
                                    .size_bytes = at.bytes,
                                    .type_id = variable.type_id(),
                                    .is_static = is_static});
  }
  return has_global;
}

/// Without BTF, symbols still tell names, places and sizes.
void add_symbol_variables(Draft& draft, const DataPlace& place, u32 section_index) {
  for (const elf::Symbol& symbol : draft.file.symbols()) {
    if (symbol.section == section_index && symbol.type == STT_OBJECT && symbol.size != 0 &&
        symbol.value <= place.section_bytes && symbol.size <= place.section_bytes - symbol.value) {
      draft.spec.variables.push_back({.name = std::string(symbol.name),
                                      .section = place.section,
                                      .map = place.map,
                                      .offset = static_cast<u32>(symbol.value),
                                      .size_bytes = static_cast<u32>(symbol.size),
                                      .is_static = symbol.bind == STB_LOCAL});
    }
  }
}

Result<void> read_section(Draft& draft, u32 section_index, DataSection kind) {
  const elf::Section& section = draft.section(section_index);
  const auto map_index = static_cast<u32>(draft.spec.maps.size());
  MapSpec map{.name = data_map_name(draft.spec.name, section.name),
              .section = std::string(section.name),
              .style = MapStyle::data,
              .data_section = kind,
              .type = BPF_MAP_TYPE_ARRAY,
              .key_bytes = sizeof(u32),
              .value_bytes = static_cast<u32>(section.size),
              .max_entries = 1,
              .flags = kind == DataSection::rodata ? BPF_F_RDONLY_PROG : 0u,
              .value_type_id = draft.datasec(section.name)};
  SKEP_TRY(map.contents, initial_contents(section));
  const u32 datasec = map.value_type_id;
  draft.spec.maps.push_back(std::move(map));
  draft.data_map_of[section_index] = map_index;
  const DataPlace place{
      .map = map_index, .section = std::string(section.name), .section_bytes = section.size};
  if (datasec == 0) {
    add_symbol_variables(draft, place, section_index);
    return {};
  }
  SKEP_TRY(const bool is_mapped, add_declared_variables(draft, place, datasec));
  draft.spec.maps[map_index].flags |= is_mapped ? u32{BPF_F_MMAPABLE} : 0u;
  return {};
}

}  // namespace

Result<void> read_data(Draft& draft) {
  const auto sections = draft.file.sections();
  draft.data_map_of.assign(sections.size(), no_index);
  for (u32 i = 0; i < sections.size(); ++i) {
    const DataSection kind = data_section_kind(sections[i].name);
    const bool fits = sections[i].type == (kind == DataSection::bss ? SHT_NOBITS : SHT_PROGBITS);
    if (kind != DataSection::none && fits && sections[i].size != 0) {
      SKEP_CHECK_IN(cat("section ", sections[i].name), read_section(draft, i, kind));
    }
  }
  return {};
}

/// Variables of address space 1 lie in the object's arena, wherever loading puts them there.
Result<void> read_arena_data(Draft& draft) {
  const auto sections = draft.file.sections();
  for (u32 i = 0; i < sections.size(); ++i) {
    if (sections[i].name != ".addr_space.1" || sections[i].size == 0) {
      continue;
    }
    const auto is_arena = [](const MapSpec& map) { return map.type == BPF_MAP_TYPE_ARENA; };
    const auto arenas = std::ranges::count_if(draft.spec.maps, is_arena);
    if (arenas != 1) {
      return fail(Errc::malformed,
                  cat("section .addr_space.1 holds variables of an arena: want one map of type "
                      "BPF_MAP_TYPE_ARENA, have ",
                      arenas));
    }
    const auto map =
        static_cast<u32>(std::ranges::find_if(draft.spec.maps, is_arena) - draft.spec.maps.begin());
    if (!draft.spec.maps[map].contents.empty()) {
      return fail(Errc::malformed, "there are two sections .addr_space.1");
    }
    SKEP_TRY_IN("section .addr_space.1", draft.spec.maps[map].contents, initial_contents(sections[i]));
    draft.data_map_of[i] = map;
    const DataPlace place{.map = map, .section = ".addr_space.1", .section_bytes = sections[i].size};
    if (const u32 datasec = draft.datasec(".addr_space.1")) {
      SKEP_CHECK_IN("section .addr_space.1", add_declared_variables(draft, place, datasec));
    } else {
      add_symbol_variables(draft, place, i);
    }
  }
  return {};
}

}  // namespace skep::object

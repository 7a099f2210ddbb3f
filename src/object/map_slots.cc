// Initial elements of maps of maps and prog arrays: `.values = { [1] = &inner }` in C is a relocation in section .maps, inside the
// variable, where its member `values` lies.
#include <algorithm>

#include "object/draft.h"

namespace skep::object {
namespace {

constexpr u64 pointer_bytes = 8;

/// The declared maps of section .maps, by offset.
std::vector<u32> maps_by_offset(const Draft& draft) {
  std::vector<u32> maps;
  for (u32 i = 0; i < draft.spec.maps.size(); ++i) {
    if (draft.spec.maps[i].style == MapStyle::btf) {
      maps.push_back(i);
    }
  }
  std::sort(maps.begin(), maps.end(), [&](u32 a, u32 b) {
    return draft.spec.maps[a].section_offset < draft.spec.maps[b].section_offset;
  });
  return maps;
}

Result<u32> values_offset(const Draft& draft, const MapSpec& map) {
  const btf::Btf& types = *draft.spec.btf;
  const btf::Type type = types.type(types.resolve(map.variable_type_id));
  for (u32 i = 0; i < type.vlen(); ++i) {
    if (type.member(i).name == "values") {
      return type.member(i).offset_bits / 8;
    }
  }
  return fail(Errc::malformed, cat("map '", map.name, "' has an initialiser and no attribute 'values'"));
}

using ProgramIndex = std::unordered_map<std::string_view, u32>;

ProgramIndex index_programs(const Draft& draft) {
  ProgramIndex index;
  for (u32 i = 0; i < draft.spec.programs.size(); ++i) {
    index.emplace(draft.spec.programs[i].name, i);
  }
  return index;
}

Result<SlotSpec> read_slot(const Draft& draft, const ProgramIndex& programs, const MapSpec& map,
                           u64 offset_in_map, const elf::Symbol& symbol, u32 section) {
  SKEP_TRY(const u32 values, values_offset(draft, map));
  if (offset_in_map < values || (offset_in_map - values) % pointer_bytes != 0) {
    return fail(Errc::malformed, cat("map '", map.name, "': offset ", offset_in_map,
                                     " is no element of 'values', which begins at ", values));
  }
  SlotSpec slot{.index = static_cast<u32>((offset_in_map - values) / pointer_bytes)};
  if (map.type == BPF_MAP_TYPE_PROG_ARRAY) {
    const auto program = programs.find(symbol.name);
    if (symbol.type != STT_FUNC || program == programs.end()) {
      return fail(Errc::malformed, cat("map '", map.name, "': element ", slot.index, " is '", symbol.name,
                                       "', which is no entry program"));
    }
    slot.target = SlotSpec::Target::program;
    slot.target_index = program->second;
    return slot;
  }
  const auto inner = draft.map_at.find(Draft::place(symbol.section, symbol.value));
  if (!map.inner || symbol.section != section || inner == draft.map_at.end()) {
    return fail(Errc::malformed, cat("map '", map.name, "': element ", slot.index, " is '", symbol.name,
                                     "', which is no map"));
  }
  slot.target = SlotSpec::Target::map;
  slot.target_index = inner->second;
  return slot;
}

Result<void> read_table(Draft& draft, const elf::Section& table) {
  const std::vector<u32> maps = maps_by_offset(draft);
  const ProgramIndex programs = index_programs(draft);
  SKEP_TRY(const auto relocations, draft.file.relocations(table));
  for (u32 i = 0; i < relocations.size(); ++i) {
    const u64 offset = relocations[i].offset;
    const auto after = std::upper_bound(maps.begin(), maps.end(), offset,
                                        [&](u64 o, u32 m) { return o < draft.spec.maps[m].section_offset; });
    if (after == maps.begin()) {
      return fail(Errc::malformed, cat("relocation ", i, ": offset ", offset, " is in no map"));
    }
    MapSpec& map = draft.spec.maps[*(after - 1)];
    SKEP_TRY_IN(cat("relocation ", i), const SlotSpec slot,
                read_slot(draft, programs, map, offset - map.section_offset,
                          draft.file.symbols()[relocations[i].symbol], table.info));
    map.slots.push_back(slot);
  }
  return {};
}

}  // namespace

Result<void> read_map_slots(Draft& draft) {
  for (const elf::Section& table : draft.file.sections()) {
    if (table.type == SHT_REL && table.info < draft.file.sections().size() &&
        draft.section(table.info).name == ".maps") {
      SKEP_CHECK_IN(cat("section ", table.name), read_table(draft, table));
    }
  }
  return {};
}

}  // namespace skep::object

// `struct bpf_map_def SEC("maps")`, which libbpf 1.0 dropped and much code still uses. A definition is a run of u32s:
//   type, key size, value size, max entries, flags                       the short form, 20 bytes
//   ... id, pinning, inner id, inner index                               iproute2's struct bpf_elf_map, 36 bytes
// Other tools have longer forms still. How long one is follows from where the next symbol lies; what is not known must be zero.
#include <algorithm>

#include "object/draft.h"

namespace skep::object {
namespace {

constexpr u64 short_bytes = 20;
constexpr u64 iproute2_bytes = 36;

/// What iproute2 adds, by its own numbers.
struct Iproute2 {
  u32 id = 0;
  u32 pinning = 0;  ///< 0 none, 1 per object, 2 global
  u32 inner_id = 0;
  u32 inner_index = 0;  ///< ~0: the map is in no slot
};

struct Legacy {
  u32 map = 0;  ///< index into ObjectSpec::maps
  Iproute2 extra;
};

enum class Form : u8 { plain, iproute2 };

/// Which form a definition has: BTF names the struct where there is BTF; otherwise the length tells.
Form form_of(const Draft& draft, std::string_view map_name, u64 bytes) {
  if (bytes < iproute2_bytes) {
    return Form::plain;
  }
  if (draft.spec.btf) {
    if (const auto variable = draft.spec.btf->find(map_name, btf::Kind::var)) {
      const btf::Btf& types = *draft.spec.btf;
      return types.type(types.resolve(types.type(*variable).type_id())).name() == "bpf_elf_map"
                 ? Form::iproute2
                 : Form::plain;
    }
  }
  return bytes == iproute2_bytes ? Form::iproute2 : Form::plain;
}

Result<void> refuse_unknown_fields(ByteView definition, u64 known_bytes) {
  const auto extra = definition.span().subspan(std::min<std::size_t>(known_bytes, definition.size()));
  const auto set = std::find_if(extra.begin(), extra.end(), [](std::byte b) { return b != std::byte{0}; });
  if (set != extra.end()) {
    return fail(Errc::unsupported,
                cat("the definition has ", definition.size(), " bytes; skep knows the first ", known_bytes,
                    ", and byte ", known_bytes + static_cast<u64>(set - extra.begin()), " is not zero"));
  }
  return {};
}

/// BPF_ANNOTATE_KV_PAIR(map, K, V) leaves `struct ____btf_map_<map> { K key; V value; }` in the BTF.
void read_annotation(const Draft& draft, MapSpec& map) {
  if (!draft.spec.btf) {
    return;
  }
  const auto annotation = draft.spec.btf->find(cat("____btf_map_", map.name), btf::Kind::struct_);
  if (!annotation || draft.spec.btf->type(*annotation).vlen() != 2) {
    return;
  }
  const btf::Type pair = draft.spec.btf->type(*annotation);
  const auto sizes_fit = [&](u32 type_id, u32 bytes) {
    return draft.spec.btf->size_bytes(type_id).value_or(0) == bytes;
  };
  if (sizes_fit(pair.member(0).type_id, map.key_bytes) &&
      sizes_fit(pair.member(1).type_id, map.value_bytes)) {
    map.key_type_id = pair.member(0).type_id;
    map.value_type_id = pair.member(1).type_id;
  }
}

Result<Iproute2> read_iproute2(Draft& draft, MapSpec& map, ByteView definition) {
  SKEP_TRY(const auto raw, definition.record<iproute2_bytes>(0));
  const Iproute2 extra{.id = raw.at<20, u32>(),
                       .pinning = raw.at<24, u32>(),
                       .inner_id = raw.at<28, u32>(),
                       .inner_index = raw.at<32, u32>()};
  constexpr u32 per_object = 1;
  constexpr u32 global = 2;
  if (extra.pinning == global) {
    map.pinning = Pinning::by_name;
    map.pin_path = cat("/sys/fs/bpf/tc/globals/", map.name);
  } else if (extra.pinning == per_object) {
    draft.spec.oddities.push_back(
        cat("map '", map.name,
            "': PIN_OBJECT_NS pins under a hash of the object that only iproute2 makes; it is not pinned"));
  } else if (extra.pinning != 0) {
    return fail(Errc::unsupported,
                cat("pinning ", extra.pinning, ": want 0 (none), 1 (per object) or 2 (global)"));
  }
  return extra;
}

Result<Legacy> read_map(Draft& draft, const elf::Section& section, const elf::Symbol& symbol, u64 bytes) {
  MapSpec map{.name = std::string(symbol.name), .section = "maps", .style = MapStyle::legacy};
  map.section_offset = symbol.value;
  SKEP_TRY(const ByteView definition, section.bytes.slice(symbol.value, bytes));
  if (bytes < short_bytes) {
    return fail(Errc::truncated, cat("want a definition of at least ", short_bytes, " bytes, have ", bytes));
  }
  SKEP_TRY(const auto raw, definition.record<short_bytes>(0));
  map.type = static_cast<bpf_map_type>(raw.at<0, u32>());
  map.key_bytes = raw.at<4, u32>();
  map.value_bytes = raw.at<8, u32>();
  map.max_entries = raw.at<12, u32>();
  map.flags = raw.at<16, u32>();
  if (map.type == BPF_MAP_TYPE_UNSPEC) {
    return fail(Errc::malformed, "the map has no type (set .type = BPF_MAP_TYPE_...)");
  }
  Legacy legacy{.map = static_cast<u32>(draft.spec.maps.size()), .extra = {}};
  const Form form = form_of(draft, map.name, bytes);
  SKEP_CHECK(refuse_unknown_fields(definition, form == Form::iproute2 ? iproute2_bytes : short_bytes));
  if (form == Form::iproute2) {
    SKEP_TRY(legacy.extra, read_iproute2(draft, map, definition));
  }
  read_annotation(draft, map);
  draft.map_at.emplace(Draft::place(symbol.section, symbol.value), legacy.map);
  draft.spec.maps.push_back(std::move(map));
  return legacy;
}

/// The map symbols of one section, by offset; one symbol per offset.
std::vector<const elf::Symbol*> map_symbols(const Draft& draft, u32 section) {
  std::vector<const elf::Symbol*> symbols;
  for (const elf::Symbol& symbol : draft.file.symbols()) {
    if (symbol.section == section && !symbol.name.empty() && symbol.type != STT_SECTION &&
        symbol.type != STT_FILE) {
      symbols.push_back(&symbol);
    }
  }
  std::sort(symbols.begin(), symbols.end(), [](const auto* a, const auto* b) { return a->value < b->value; });
  symbols.erase(std::unique(symbols.begin(), symbols.end(),
                            [](const auto* a, const auto* b) { return a->value == b->value; }),
                symbols.end());
  return symbols;
}

/// iproute2 nests by id: an outer map's inner_id names its template; a map with an inner_index sits in that slot of every map that names its id.
Result<void> link_inner_maps(Draft& draft, const std::vector<Legacy>& legacies) {
  constexpr u32 no_slot = ~u32{0};
  std::unordered_map<u32, const Legacy*> by_id;
  for (const Legacy& legacy : legacies) {
    by_id.emplace(legacy.extra.id, &legacy);
  }
  for (const Legacy& outer : legacies) {
    MapSpec& map = draft.spec.maps[outer.map];
    if (outer.extra.inner_id == 0) {
      continue;
    }
    const auto found = by_id.find(outer.extra.inner_id);
    if (found == by_id.end() || found->second->extra.inner_id != 0) {
      return fail(Errc::malformed, cat("map '", map.name, "': inner_id ", outer.extra.inner_id,
                                       " is no map that can be an inner one"));
    }
    const Legacy* inner = found->second;
    const MapSpec& of = draft.spec.maps[inner->map];
    map.inner = std::make_unique<MapSpec>(MapSpec{.name = map.name + ".inner",
                                                  .section = "maps",
                                                  .style = MapStyle::legacy,
                                                  .type = of.type,
                                                  .key_bytes = of.key_bytes,
                                                  .value_bytes = of.value_bytes,
                                                  .max_entries = of.max_entries,
                                                  .flags = of.flags});
    if (inner->extra.inner_index != no_slot) {
      map.slots.push_back(
          {.index = inner->extra.inner_index, .target = SlotSpec::Target::map, .target_index = inner->map});
    }
  }
  return {};
}

Result<void> read_section(Draft& draft, u32 section_index, std::vector<Legacy>& legacies) {
  const elf::Section& section = draft.section(section_index);
  const auto symbols = map_symbols(draft, section_index);
  if (symbols.empty()) {
    return fail(Errc::malformed,
                cat("section maps has ", section.size, " bytes and no symbol that names a map"));
  }
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const u64 end = i + 1 < symbols.size() ? symbols[i + 1]->value : section.size;
    const u64 bytes = end > symbols[i]->value ? end - symbols[i]->value : 0;
    SKEP_TRY_IN(cat("section maps: map '", symbols[i]->name, "'"), const Legacy legacy,
                read_map(draft, section, *symbols[i], bytes));
    legacies.push_back(legacy);
  }
  return {};
}

}  // namespace

Result<void> read_legacy_maps(Draft& draft) {
  std::vector<Legacy> legacies;
  for (u32 i = 0; i < draft.file.sections().size(); ++i) {
    const elf::Section& section = draft.section(i);
    if (section.type == SHT_PROGBITS && section.size != 0 &&
        (section.name == "maps" || section.name.starts_with("maps/"))) {
      SKEP_CHECK(read_section(draft, i, legacies));
    }
  }
  return link_inner_maps(draft, legacies);
}

}  // namespace skep::object

// `SEC(".maps")`: a map is a variable whose struct type encodes the attributes. `__uint(name, 3)` declares a member `int (*name)[3]`, so the number
// is an array's length; `__type(key, T)` declares `T *key`; `__array(values, T)` declares `T *values[]`; `__ulong(name, n)` an enum with one value.
#include <limits>

#include "object/draft.h"
#include "skep/uapi/flags.h"

namespace skep::object {
namespace {

/// A definition while its members are read. `outer` allows `values`; an inner definition may not nest.
struct Definition {
  const btf::Btf& types;
  MapSpec map;
  bool has_type = false;
  bool has_key = false;
  bool has_value = false;
};

Result<u32> read_uint(const Definition& definition, u32 member_type) {
  const btf::Type pointer = definition.types.type(definition.types.resolve(member_type));
  if (pointer.kind() == btf::Kind::ptr) {
    const btf::Type array = definition.types.type(pointer.type_id());
    if (array.kind() == btf::Kind::array) {
      return array.array().count;
    }
  }
  return fail(Errc::malformed, "want a number, as __uint() declares it");
}

Result<u64> read_ulong(const Definition& definition, u32 member_type) {
  const btf::Type type = definition.types.type(definition.types.resolve(member_type));
  if (type.kind() == btf::Kind::ptr) {
    SKEP_TRY(const u32 number, read_uint(definition, member_type));
    return number;
  }
  if ((type.kind() == btf::Kind::enum_ || type.kind() == btf::Kind::enum64) && type.vlen() == 1) {
    return static_cast<u64>(type.enumerator(0).value);
  }
  return fail(Errc::malformed, "want a number, as __ulong() or __uint() declares it");
}

Result<void> set_bytes(u32& field, bool& is_set, u64 bytes) {
  if (is_set && field != bytes) {
    return fail(Errc::malformed,
                cat("is ", bytes, " bytes here and ", field, " bytes in an earlier attribute"));
  }
  if (bytes > std::numeric_limits<s32>::max()) {
    return fail(Errc::malformed, cat("is ", bytes, " bytes; the kernel takes at most 2147483647"));
  }
  field = static_cast<u32>(bytes);
  is_set = true;
  return {};
}

/// `__type(key, T)` or `__type(value, T)`: the size and the type id.
Result<void> read_typed(const Definition& definition, u32 member_type, u32& bytes, bool& is_set,
                        u32& type_id) {
  const btf::Type pointer = definition.types.type(definition.types.resolve(member_type));
  if (pointer.kind() != btf::Kind::ptr) {
    return fail(Errc::malformed, "want a type, as __type() declares it");
  }
  SKEP_TRY(const u64 size, definition.types.size_bytes(pointer.type_id()));
  type_id = pointer.type_id();
  return set_bytes(bytes, is_set, size);
}

bool holds_maps(bpf_map_type type) {
  return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

enum class Depth : u8 { outer, inner };
Result<MapSpec> read_definition(const btf::Btf& types, u32 struct_id, std::string name, Depth depth);

/// `__array(values, struct inner)` of a map of maps, or `__array(values, void (void))` of a prog array.
Result<void> read_values(Definition& definition, const btf::Member& member, Depth depth) {
  const btf::Btf& types = definition.types;
  if (depth == Depth::inner) {
    return fail(Errc::unsupported, "the kernel nests maps only one level deep");
  }
  const bool is_prog_array = definition.map.type == BPF_MAP_TYPE_PROG_ARRAY;
  if (!is_prog_array && !holds_maps(definition.map.type)) {
    return fail(Errc::malformed,
                "only maps of maps and prog arrays have values (and `type` must come before)");
  }
  const btf::Type array = types.type(types.resolve(member.type_id));
  if (array.kind() != btf::Kind::array || array.array().count != 0) {
    return fail(Errc::malformed, "want an array of unknown length, as __array() declares it");
  }
  const btf::Type pointer = types.type(types.resolve(array.array().element_type_id));
  if (pointer.kind() != btf::Kind::ptr) {
    return fail(Errc::malformed, "want an array of pointers, as __array() declares it");
  }
  const btf::Type element = types.type(types.resolve(pointer.type_id()));
  if (element.kind() != (is_prog_array ? btf::Kind::func_proto : btf::Kind::struct_)) {
    return fail(Errc::malformed,
                is_prog_array ? "want pointers to functions" : "want pointers to map definitions");
  }
  SKEP_CHECK_IN("value size", set_bytes(definition.map.value_bytes, definition.has_value, sizeof(u32)));
  if (!is_prog_array) {
    SKEP_TRY_IN("inner map", MapSpec inner,
                read_definition(types, element.id(), definition.map.name + ".inner", Depth::inner));
    definition.map.inner = std::make_unique<MapSpec>(std::move(inner));
  }
  return {};
}

Result<void> read_pinning(Definition& definition, u32 member_type, Depth depth) {
  SKEP_TRY(const u32 pinning, read_uint(definition, member_type));
  if (pinning > static_cast<u32>(Pinning::by_name)) {
    return fail(Errc::malformed, cat("want 0 (none) or 1 (by name), have ", pinning));
  }
  if (pinning != 0 && depth == Depth::inner) {
    return fail(Errc::malformed, "an inner map cannot be pinned");
  }
  definition.map.pinning = static_cast<Pinning>(pinning);
  return {};
}

Result<void> read_attribute(Definition& definition, const btf::Member& member, Depth depth) {
  MapSpec& map = definition.map;
  const std::string_view attribute = member.name;
  if (attribute == "key") {
    return read_typed(definition, member.type_id, map.key_bytes, definition.has_key, map.key_type_id);
  }
  if (attribute == "value") {
    return read_typed(definition, member.type_id, map.value_bytes, definition.has_value, map.value_type_id);
  }
  if (attribute == "values") {
    return read_values(definition, member, depth);
  }
  if (attribute == "pinning") {
    return read_pinning(definition, member.type_id, depth);
  }
  if (attribute == "map_extra") {
    SKEP_TRY(map.map_extra, read_ulong(definition, member.type_id));
    return {};
  }
  SKEP_TRY(const u32 number, read_uint(definition, member.type_id));
  if (attribute == "type") {
    map.type = static_cast<bpf_map_type>(number);
    definition.has_type = true;
  } else if (attribute == "max_entries") {
    map.max_entries = number;
  } else if (attribute == "map_flags") {
    map.flags = number;
  } else if (attribute == "numa_node") {
    map.numa_node = number;
  } else if (attribute == "key_size") {
    return set_bytes(map.key_bytes, definition.has_key, number);
  } else if (attribute == "value_size") {
    return set_bytes(map.value_bytes, definition.has_value, number);
  } else {
    return fail(Errc::unsupported, "is no map attribute that skep knows");
  }
  return {};
}

Result<MapSpec> read_definition(const btf::Btf& types, u32 struct_id, std::string name, Depth depth) {
  Definition definition{.types = types,
                        .map = {.name = std::move(name), .section = ".maps", .style = MapStyle::btf}};
  const btf::Type type = types.type(struct_id);
  for (u32 i = 0; i < type.vlen(); ++i) {
    const btf::Member member = type.member(i);
    if (member.name == "values" && i + 1 != type.vlen()) {
      return fail(Errc::malformed, "attribute 'values' must be the last member");
    }
    SKEP_CHECK_IN(cat("attribute '", member.name, "'"), read_attribute(definition, member, depth));
  }
  if (!definition.has_type || definition.map.type == BPF_MAP_TYPE_UNSPEC) {
    return fail(Errc::malformed, "the map has no type (add: __uint(type, BPF_MAP_TYPE_...);)");
  }
  if (holds_maps(definition.map.type) && !definition.has_value) {
    definition.map.value_bytes = sizeof(u32);  // values are map descriptors; which maps, user space says
  }
  return std::move(definition.map);
}

Result<MapSpec> read_map(const btf::Btf& types, const btf::SectionVariable& at, u64 section_bytes) {
  const btf::Type variable = types.type(at.type_id);
  if (variable.kind() != btf::Kind::var) {
    return fail(Errc::malformed, cat("want variables, have type ", at.type_id));
  }
  const auto named = [&variable](std::string_view text) {
    return cat("map '", variable.name(), "': ", text);
  };
  const btf::Type type = types.type(types.resolve(variable.type_id()));
  if (type.kind() != btf::Kind::struct_) {
    return fail(Errc::malformed, named("want a struct of map attributes"));
  }
  if (variable.linkage() == BTF_VAR_STATIC) {
    return fail(Errc::malformed, named("is static; a map must be a global variable"));
  }
  if (at.offset > section_bytes || at.bytes > section_bytes - at.offset) {
    return fail(Errc::malformed, named(cat("takes ", at.bytes, " bytes at offset ", at.offset,
                                           " of a section of ", section_bytes)));
  }
  SKEP_TRY_IN(cat("map '", variable.name(), "'"), MapSpec map,
              read_definition(types, type.id(), std::string(variable.name()), Depth::outer));
  map.variable_type_id = variable.type_id();
  map.section_offset = at.offset;
  return map;
}

u32 section_index(const Draft& draft, std::string_view name) {
  const elf::Section* section = draft.file.find_section(name);
  return section == nullptr ? no_index : static_cast<u32>(section - draft.file.sections().data());
}

}  // namespace

Result<void> read_btf_maps(Draft& draft) {
  const u32 section = section_index(draft, ".maps");
  if (section == no_index || draft.section(section).size == 0) {
    return {};
  }
  const u32 datasec = draft.datasec(".maps");
  if (datasec == 0) {
    return fail(Errc::malformed,
                "section .maps: there is no BTF that describes it (compile with -g, and do not strip .BTF)");
  }
  const btf::Type declared = draft.spec.btf->type(datasec);
  for (u32 i = 0; i < declared.vlen(); ++i) {
    SKEP_TRY_IN("section .maps", MapSpec map,
                read_map(*draft.spec.btf, declared.section_variable(i), draft.section(section).size));
    if (map.numa_node && (map.flags & BPF_F_NUMA_NODE) == 0) {
      draft.spec.oddities.push_back(
          cat("map '", map.name, "': numa_node has no effect without BPF_F_NUMA_NODE in map_flags"));
    }
    draft.map_at.emplace(Draft::place(section, map.section_offset), static_cast<u32>(draft.spec.maps.size()));
    draft.spec.maps.push_back(std::move(map));
  }
  return {};
}

}  // namespace skep::object

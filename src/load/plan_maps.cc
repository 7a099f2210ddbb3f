// Maps: from what the object declares to what the kernel is asked.
#include <bit>

#include "base/result.h"
#include "load/plan_steps.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

constexpr std::size_t longest_name = 15;

bool is_map_of_maps(bpf_map_type type) {
  return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

/// Map types that refuse a BTF description of key and value.
bool refuses_types(bpf_map_type type) {
  switch (type) {
    case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
    case BPF_MAP_TYPE_CGROUP_ARRAY:
    case BPF_MAP_TYPE_STACK_TRACE:
    case BPF_MAP_TYPE_ARRAY_OF_MAPS:
    case BPF_MAP_TYPE_HASH_OF_MAPS:
    case BPF_MAP_TYPE_DEVMAP:
    case BPF_MAP_TYPE_DEVMAP_HASH:
    case BPF_MAP_TYPE_CPUMAP:
    case BPF_MAP_TYPE_XSKMAP:
    case BPF_MAP_TYPE_SOCKMAP:
    case BPF_MAP_TYPE_SOCKHASH:
    case BPF_MAP_TYPE_QUEUE:
    case BPF_MAP_TYPE_STACK:
    case BPF_MAP_TYPE_ARENA: return true;
    default: return false;
  }
}

bool is_ring(bpf_map_type type) {
  return type == BPF_MAP_TYPE_RINGBUF || type == BPF_MAP_TYPE_USER_RINGBUF;
}

/// Rings of records may say what a record is, as the type of their values. The kernel has no values in them and wants sizes of its own.
void fit_records(const MapSpec& map, MapCreation& made) {
  if (map.value_type_id == 0) {
    return;
  }
  if (is_ring(map.type)) {
    made.key_bytes = made.value_bytes = 0;
    made.key_type_id = made.value_type_id = 0;
  } else if (map.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY) {
    made.key_bytes = made.value_bytes = sizeof(u32);
  }
}

class MapPlanner {
 public:
  MapPlanner(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan)
      : spec_(spec), facts_(facts), plan_(plan) {}

  Result<MapCreation> creation(const MapSpec& map, std::string name) {
    if (map.type == BPF_MAP_TYPE_UNSPEC) {
      return fail(Errc::invalid, "the map has no type");
    }
    MapCreation made{.name = std::move(name),
                     .type = map.type,
                     .key_bytes = map.key_bytes,
                     .value_bytes = map.value_bytes,
                     .max_entries = map.max_entries,
                     .flags = map.flags,
                     .numa_node = map.numa_node.value_or(0),
                     .ifindex = map.ifindex,
                     .map_extra = map.map_extra,
                     .key_type_id = map.key_type_id,
                     .value_type_id = map.value_type_id};
    if (is_ring(map.type)) {
      made.max_entries = ring_buffer_bytes(map.max_entries, facts_.page_bytes());
      if (made.max_entries != map.max_entries) {
        plan_.notes.push_back(cat("map '", map.name, "': ring buffer size ", map.max_entries,
                                  " rounded up to ", made.max_entries,
                                  " (the kernel takes pages by powers of two)"));
      }
    }
    fit_records(map, made);
    if (map.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && map.max_entries == 0) {
      SKEP_TRY(made.max_entries, facts_.possible_cpus());
    }
    if (refuses_types(map.type) || spec_.btf == nullptr) {
      made.key_type_id = 0;
      made.value_type_id = 0;
    }
    return made;
  }

  Result<MapPlan> map(u32 index, const std::string& pin_root) {
    const MapSpec& map = spec_.maps[index];
    MapPlan made{.map = index};
    SKEP_TRY(made.creation, creation(map, kernel_name(map.name)));
    if (is_map_of_maps(map.type) && map.inner == nullptr) {
      return fail(Errc::invalid,
                  "a map of maps wants to know what its inner maps look like (`__array(values, struct "
                  "{...})`), and does not say");
    }
    if (map.inner != nullptr) {
      SKEP_TRY_IN("inner map", made.inner, creation(*map.inner, kernel_name(cat(map.name, ".inner"))));
    }
    if (!map.pin_path.empty()) {
      made.pin_path = map.pin_path;
    } else if (map.pinning == Pinning::by_name) {
      made.pin_path = cat(pin_root, "/", map.name);
    }
    SKEP_CHECK(check_slots(map));
    if (map.style == MapStyle::struct_ops) {
      SKEP_CHECK(plan_struct_ops(spec_, facts_, made, plan_));
    }
    if (map.type == BPF_MAP_TYPE_ARENA && !map.contents.empty()) {
      SKEP_TRY(made.data_offset, arena_data_offset(map));
    }
    return made;
  }

 private:
  /// At the end, so that no variable has the address 0, as the first byte of an arena may have; but only where an instruction can name it.
  Result<u32> arena_data_offset(const MapSpec& map) const {
    const u64 page = facts_.page_bytes();
    const u64 arena_bytes = u64{map.max_entries} * page;
    const u64 data_bytes = (map.contents.bytes().size() + page - 1) / page * page;
    if (data_bytes > arena_bytes) {
      return fail(Errc::invalid, cat("the arena has ", map.max_entries, " pages of ", page,
                                     " bytes, and its variables alone take ", data_bytes, " bytes"));
    }
    constexpr u64 largest_offset = u64{1} << 29;  // the verifier's limit
    return arena_bytes <= largest_offset ? static_cast<u32>(arena_bytes - data_bytes) : 0;
  }

  Result<void> check_slots(const MapSpec& map) const {
    for (const SlotSpec& slot : map.slots) {
      const bool to_map = slot.target == SlotSpec::Target::map;
      const std::size_t count = to_map ? spec_.maps.size() : spec_.programs.size();
      if (slot.target_index >= count) {
        return fail(Errc::invalid, cat("slot ", slot.index, ": want one of the ", count,
                                       to_map ? " maps" : " programs", ", have number ", slot.target_index));
      }
      if (to_map && !spec_.maps[slot.target_index].autocreate) {
        return fail(Errc::invalid, cat("slot ", slot.index, ": map '", spec_.maps[slot.target_index].name,
                                       "' is not to be created"));
      }
      if (map.key_bytes != 4) {
        return fail(Errc::invalid, cat("slot ", slot.index, ": initial elements want keys of 4 bytes, have ",
                                       map.key_bytes));
      }
    }
    return {};
  }

  const ObjectSpec& spec_;
  const host::Facts& facts_;
  LoadPlan& plan_;
};

}  // namespace

u32 ring_buffer_bytes(u32 bytes, u32 page_bytes) {
  if (bytes == 0) {
    return 0;
  }
  u64 size = page_bytes;
  while (size < bytes) {
    size *= 2;
  }
  return size > ~u32{0} ? bytes : static_cast<u32>(size);
}

std::string kernel_name(std::string_view name) {
  std::string made(name.substr(0, longest_name));
  for (char& c : made) {
    const bool is_taken =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (!is_taken) {
      c = '_';
    }
  }
  return made;
}

Result<void> plan_maps(const ObjectSpec& spec, const host::Facts& facts, const std::string& pin_root,
                       LoadPlan& plan) {
  MapPlanner planner(spec, facts, plan);
  for (u32 i = 0; i < spec.maps.size(); ++i) {
    if (spec.maps[i].autocreate) {
      SKEP_TRY_IN(cat("map '", spec.maps[i].name, "'"), MapPlan made, planner.map(i, pin_root));
      plan.maps.push_back(std::move(made));
    }
  }
  return {};
}

}  // namespace skep::load

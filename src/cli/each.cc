#include "cli/each.h"

#include <algorithm>

namespace skep::cli {

namespace {

/// Finds what one program reaches.
class Reach {
 public:
  explicit Reach(const ObjectSpec& spec)
      : spec_(spec), functions_(spec.functions.size()), maps_(spec.maps.size()) {}

  const std::vector<bool>& maps() const { return maps_; }

  void maps_of(u32 function) {
    std::vector<u32> waiting{function};
    while (!waiting.empty()) {
      const u32 at = waiting.back();
      waiting.pop_back();
      if (at >= functions_.size() || functions_[at]) {
        continue;
      }
      functions_[at] = true;
      for (const Relocation& relocation : spec_.functions[at].relocations) {
        follow(relocation, waiting);
      }
    }
  }

 private:
  void follow(const Relocation& relocation, std::vector<u32>& waiting) {
    switch (relocation.kind) {
      case RelocationKind::map_fd:
      case RelocationKind::map_value: return mark(relocation.target);
      case RelocationKind::subprogram_call:
      case RelocationKind::subprogram_address: return waiting.push_back(relocation.target);
      case RelocationKind::extern_variable:
        if (relocation.target < spec_.externs.size() &&
            spec_.externs[relocation.target].kind == ExternSpec::Kind::kconfig) {
          mark(spec_.externs[relocation.target].map);
        }
        return;
      case RelocationKind::extern_function:
      case RelocationKind::extern_function_address:
      case RelocationKind::jump_table: return;
    }
  }

  /// A map that is in a slot of a used one is used; such maps hold no maps themselves.
  void mark(u32 map) {
    if (map >= maps_.size() || maps_[map]) {
      return;
    }
    maps_[map] = true;
    for (const SlotSpec& slot : spec_.maps[map].slots) {
      if (slot.target == SlotSpec::Target::map && slot.target_index < maps_.size()) {
        maps_[slot.target_index] = true;
      }
    }
  }

  const ObjectSpec& spec_;
  std::vector<bool> functions_;
  std::vector<bool> maps_;
};

}  // namespace

void leave_only(ObjectSpec& spec, u32 program) {
  Reach reach(spec);
  reach.maps_of(spec.programs[program].function);
  if (spec.programs[program].exception_callback) {
    reach.maps_of(*spec.programs[program].exception_callback);
  }
  // A program of a struct_ops is loaded for a member of it, and so the others of that table are loaded too, with what they use.
  for (const MapSpec& map : spec.maps) {
    if (std::ranges::find(map.members, program, &MemberSpec::program) != map.members.end()) {
      for (const MemberSpec& member : map.members) {
        reach.maps_of(spec.programs[member.program].function);
      }
    }
  }
  for (MapSpec& map : spec.maps) {
    const bool is_table_of_it =
        std::ranges::find(map.members, program, &MemberSpec::program) != map.members.end();
    const auto index = static_cast<std::size_t>(&map - spec.maps.data());
    map.autocreate = map.autocreate && (is_table_of_it || reach.maps()[index]);
  }
  for (u32 i = 0; i < spec.programs.size(); ++i) {
    spec.programs[i].autoload = i == program;
  }
}

}  // namespace skep::cli

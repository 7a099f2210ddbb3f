#include "load/absence.h"

#include <algorithm>

#include "base/result.h"

namespace skep::load {
namespace {

u32 index_of(const ObjectSpec& spec, std::string_view program) {
  const ProgramSpec* found = spec.find_program(program);
  return found == nullptr ? static_cast<u32>(spec.programs.size())
                          : static_cast<u32>(found - spec.programs.data());
}

}  // namespace

std::vector<bool> dispensable_programs(const ObjectSpec& spec) {
  std::vector<bool> dispensable;
  for (const ProgramSpec& program : spec.programs) {
    dispensable.push_back(program.optional);
  }
  for (const std::vector<std::string>& names : spec.alternatives) {
    for (const std::string& name : names) {
      if (const u32 at = index_of(spec, name); at < dispensable.size()) {
        dispensable[at] = true;
      }
    }
  }
  return dispensable;
}

std::vector<bool> dispensable_maps(const ObjectSpec& spec, const LoadPlan& plan) {
  const std::vector<bool> programs = dispensable_programs(spec);
  std::vector<bool> used(spec.maps.size());
  std::vector<bool> needed(spec.maps.size());
  for (const ProgramPlan& program : plan.programs) {
    for (const MapSlot& slot : program.map_slots) {
      (programs[program.program] ? used : needed)[slot.map] = true;
    }
  }
  for (const MapSpec& map : spec.maps) {
    for (const SlotSpec& slot : map.slots) {
      if (slot.target == SlotSpec::Target::map) {
        needed[slot.target_index] = true;
      }
    }
  }
  for (std::size_t map = 0; map < used.size(); ++map) {
    used[map] = used[map] && !needed[map] && spec.maps[map].style != MapStyle::data;
  }
  return used;
}

Result<void> check_alternatives(const ObjectSpec& spec, const LoadReport& report) {
  for (const std::vector<std::string>& names : spec.alternatives) {
    std::string reasons;
    const Error* first = nullptr;
    bool is_loaded = false;
    for (const std::string& name : names) {
      const u32 at = index_of(spec, name);
      if (at == report.programs.size()) {
        reasons += cat("\n  ", name, ": there is no such program");
        continue;
      }
      const ProgramReport& program = report.programs[at];
      is_loaded = is_loaded || program.loaded;
      if (program.error) {
        first = first == nullptr ? &*program.error : first;
        reasons += cat("\n  ", name, ": ", program.error->message());
      } else if (program.skipped) {
        reasons += cat("\n  ", name, ": autoload is off");
      }
    }
    if (!is_loaded) {
      return fail(first != nullptr ? first->code() : Errc::invalid,
                  cat("none of the alternatives ", join(names, ", "), " can be loaded", reasons));
    }
  }
  return {};
}

}  // namespace skep::load

// Maps, fitted to a kernel that lacks something they ask for.
#include <algorithm>

#include "load/plan_steps.h"
#include "skep/uapi/flags.h"

namespace skep::load {
namespace {

using host::Feature;

bool takes_user_memory(const MapCreation& creation) {
  return creation.type == BPF_MAP_TYPE_ARRAY && (creation.flags & BPF_F_MMAPABLE) != 0;
}

void drop_data_sections(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan) {
  const auto is_data = [&](const MapPlan& map) { return spec.maps[map.map].style == MapStyle::data; };
  if (std::none_of(plan.maps.begin(), plan.maps.end(), is_data) || !facts.lacks(Feature::global_data)) {
    return;
  }
  std::string names;
  for (const MapPlan& map : plan.maps) {
    if (is_data(map)) {
      names += cat(names.empty() ? "" : ", ", spec.maps[map.map].section);
    }
  }
  std::erase_if(plan.maps, is_data);
  plan.notes.push_back(
      cat("global variables (", names, ") are not created", because_it_lacks(facts, Feature::global_data)));
}

void drop_memory(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan) {
  for (MapPlan& map : plan.maps) {
    const bool is_asked = takes_user_memory(map.creation) || (map.inner && takes_user_memory(*map.inner));
    if (!is_asked || !facts.lacks(Feature::array_mmap)) {
      continue;
    }
    map.creation.flags &= ~BPF_F_MMAPABLE;
    if (map.inner) {
      map.inner->flags &= ~BPF_F_MMAPABLE;
    }
    plan.notes.push_back(
        cat("map '", spec.maps[map.map].name,
            "': created without BPF_F_MMAPABLE, so that it is read and written by system calls",
            because_it_lacks(facts, Feature::array_mmap)));
  }
}

}  // namespace

std::string because_it_lacks(const host::Facts& facts, host::Feature feature) {
  return cat(", because ", host::lacks_text(feature, facts.release()));
}

void fit_maps(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan) {
  drop_data_sections(spec, facts, plan);
  drop_memory(spec, facts, plan);
  if (!plan.maps.empty() && facts.lacks(Feature::prog_name)) {
    for (MapPlan& map : plan.maps) {
      map.creation.name.clear();
      if (map.inner) {
        map.inner->name.clear();
      }
    }
  }
}

}  // namespace skep::load

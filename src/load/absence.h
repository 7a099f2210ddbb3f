// What an object can do without: optional programs, alternatives, and the maps that only those use.
#pragma once

#include <vector>

#include "load/plan.h"
#include "skep/object.h"

namespace skep::load {

/// By index into ObjectSpec::programs: whether the object can do without it (an optional program, or one of several alternatives).
std::vector<bool> dispensable_programs(const ObjectSpec& spec);

/// By index into ObjectSpec::maps: whether only dispensable programs use it.
std::vector<bool> dispensable_maps(const ObjectSpec& spec, const LoadPlan& plan);

/// Of each list of alternatives at least one must be loaded. Errors: the first member's code; the text has each member's reason.
Result<void> check_alternatives(const ObjectSpec& spec, const LoadReport& report);

}  // namespace skep::load

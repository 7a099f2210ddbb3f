// The steps of plan(): maps in plan_maps.cc, programs in plan_programs.cc.
#pragma once

#include "load/plan.h"

namespace skep::load {

Result<void> plan_maps(const ObjectSpec& spec, const host::Facts& facts, const std::string& pin_root,
                       LoadPlan& plan);
Result<void> plan_programs(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan);

}  // namespace skep::load

// Carrying out a plan: every call to the kernel that loading makes, in order: types, maps and their contents, programs, prog array slots, pins.
#pragma once

#include "kernel/kernel.h"
#include "load/plan.h"
#include "skep/object.h"

namespace skep::load {

/// What is live in the kernel after loading. Destroying it closes every descriptor.
struct Live {
  static constexpr u32 none = ~u32{0};
  std::vector<Map> maps;          ///< those that were created or found, in the order of ObjectSpec::maps
  std::vector<bool> mapped;       ///< by index into `maps`: the memory of the spec's data map is the map's
  std::vector<u32> map_at;        ///< by index into ObjectSpec::maps: index into `maps`, or none
  std::vector<Program> programs;  ///< those that were loaded, in the order of ObjectSpec::programs
  std::vector<u32> program_at;    ///< by index into ObjectSpec::programs: index into `programs`, or none
};

/// What execute() needs besides the plan.
struct Session {
  ObjectSpec& spec;  ///< the memory of its data maps becomes the kernel's; nothing else changes
  const host::Facts& facts;
  kernel::Kernel& kernel;
  const LoadOptions& options;
  LoadReport& report;  ///< `programs` has one entry per program of the spec
  std::optional<u32>* refused_map =
      nullptr;  ///< out: index into ObjectSpec::maps of the map whose creation failed
};

/// Loads. `plan` is used up: its instructions get their descriptors. On failure everything is undone: no descriptor is left, and no pin or directory that was not
/// there before. Errors: as Object::load.
Result<Live> execute(const Session& session, LoadPlan& plan);

}  // namespace skep::load

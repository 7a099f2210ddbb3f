// Attaching to functions, events and counters that the command line names.
#pragma once

#include <string>
#include <string_view>

#include "object/section_rules.h"
#include "skep/link.h"
#include "skep/object.h"

namespace skep::cli {

/// What options say of a place; empty: not said.
struct TracePlace {
  std::string
      function;  ///< "do_unlinkat+0x10"; a pattern for kprobe.multi and its kin; a system call for ksyscall
  std::string tracepoint;  ///< "sched/sched_switch"
  std::string cgroup;      ///< a cgroup's directory: lsm_cgroup, iter/cgroup
  std::string map;         ///< a map of the object: iter/bpf_map_elem
  u32 frequency = 0;       ///< perf_event, per second
  u32 pid = 0;             ///< perf_event, iterators over tasks; 0: all
  u32 tid = 0;             ///< the same, one thread
};

/// Whether programs of this section go to a function, or many, that an option may name.
bool takes_function(const object::SectionRule& rule);

/// Attaches one program as its section and `place` say. Errors: invalid, and those of the family's function.
Result<Link> attach_trace(Object& object, const Program& program, const TracePlace& place);

}  // namespace skep::cli

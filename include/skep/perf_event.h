// perf_event programs: they run when a counter of the processor or of the kernel has counted so far, or so many times per second. What profilers are made of.
#pragma once

#include <optional>
#include <string>

#include "skep/attach.h"

namespace skep {

/// What is counted, where, and when the program runs.
struct PerfEventTarget {
  /// The counters that every kernel can offer; `raw_type` and `raw_config` say others.
  enum class Counter : u8 {
    cpu_clock,   ///< time of the processor, in ns: works in virtual machines as well
    task_clock,  ///< time of the task, in ns
    page_faults,
    context_switches,
    cpu_migrations,
    cpu_cycles,     ///< of the hardware: not in every virtual machine
    instructions,   ///< of the hardware
    cache_misses,   ///< of the hardware
    branch_misses,  ///< of the hardware
  };
  Counter counter = Counter::cpu_clock;
  std::optional<u32>
      raw_type;  ///< perf_event_attr::type instead of `counter`: PERF_TYPE_*, or a dynamic source's number
  u64 raw_config = 0;  ///< perf_event_attr::config with `raw_type`

  u64 frequency = 0;  ///< times per second; the kernel limits it (kernel.perf_event_max_sample_rate)
  u64 period = 0;     ///< or after so many counts; one of the two
  int pid =
      -1;  ///< in this process alone, all its threads (0: this one); -1: in all, which takes CAP_PERFMON
  int tid = -1;    ///< or in this thread alone (0: the calling one), whatever it starts
  int cpu = -1;    ///< on this processor alone; -1: on every one that is online, by one event each
  u64 cookie = 0;  ///< what bpf_get_attach_cookie() answers; since Linux 5.15
};

/// Attaches a program of section perf_event. Linux counts a process by threads: one event for each that it has, inherited by those that it starts. A thread that is
/// started while this attaches may be missed; in inherited events bpf_get_attach_cookie() may answer 0 (threads swap them); before Linux 5.13 processes that it forks are counted as well.
/// Errors: unsupported (the machine has no such counter: usual for hardware counters in virtual machines; a cookie before 5.15), invalid (neither or
/// both of frequency and period; both of pid and tid; a rate beyond the limit, which is told), not_found (no such process or processor), denied (says which setting or capability), kernel. Since Linux 4.9.
Result<Link> attach_perf_event_program(const Program& program, const PerfEventTarget& target,
                                       const AttachOptions& options = {});

}  // namespace skep

// How often programs run and how long they take, as the kernel counts it while somebody wants it counted. Thread-safety: plain values and functions.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "skep/error.h"
#include "skep/fd.h"
#include "skep/types.h"
#include "skep/uapi/prog_type.h"

namespace skep {

namespace kernel {
class Kernel;
}
class Program;

/// While one of these lives, the kernel counts and times the runs of every program (two clock readings per run). Move-only.
class RunStatistics {
 public:
  /// Errors: denied (CAP_SYS_ADMIN), unsupported (before Linux 5.8, where only the sysctl kernel.bpf_stats_enabled=1 does it), kernel.
  static Result<RunStatistics> enable();
  static Result<RunStatistics> enable(kernel::Kernel& kernel);
  /// Whose closing ends it.
  const Fd& fd() const { return fd_; }

 private:
  explicit RunStatistics(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

/// A program's account.
struct ProgramStatistics {
  u32 id = 0;
  std::string name;  ///< as the kernel has it, at most 15 bytes
  bpf_prog_type type{};
  u64 run_count = 0;         ///< while statistics were enabled, ever
  u64 run_time_ns = 0;       ///< of those runs
  u64 recursion_misses = 0;  ///< runs left out because the program ran on that processor already (5.12)
  u64 memory_bytes =
      0;  ///< the pages of the program, its maps not included; 0 where the kernel does not tell
};

/// Of every program that is loaded, by ascending id; those that vanish meanwhile are left out. Errors: denied (CAP_SYS_ADMIN), kernel.
Result<std::vector<ProgramStatistics>> program_statistics();
Result<std::vector<ProgramStatistics>> program_statistics(kernel::Kernel& kernel);
/// Of one.
Result<ProgramStatistics> program_statistics(const Program& program);

/// What a program did between two readings.
struct ProgramRate {
  ProgramStatistics now;
  u64 runs = 0;
  double runs_per_second = 0;
  double mean_ns = 0;    ///< of one run; 0 where there was none
  double cpu_share = 0;  ///< of one processor: 1 is a whole one, and several may be busy
};

/// The rates of what is in `now`, the busiest first. A program that was not there `before` is counted from its loading. `elapsed` of 0 gives rates of 0.
std::vector<ProgramRate> program_rates(const std::vector<ProgramStatistics>& before,
                                       const std::vector<ProgramStatistics>& now,
                                       std::chrono::nanoseconds elapsed);

}  // namespace skep

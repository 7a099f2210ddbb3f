// A loaded program. Thread-safety: a Program may be used from several threads as long as none destroys it.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"
#include "skep/fd.h"
#include "skep/types.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/prog_type.h"

namespace skep {

namespace kernel {
class Kernel;
}

/// What a test run gives the program. Source: bpf(2) BPF_PROG_TEST_RUN (kernel Documentation/bpf/bpf_prog_run.rst). Since Linux 4.12.
struct TestRun {
  std::span<const std::byte>
      data_in;  ///< packet programs: the packet, at least 14 bytes; others: must be empty
  std::span<const std::byte>
      context_in;  ///< the program's context (struct __sk_buff, struct xdp_md, raw tracepoint arguments as u64s)
  u32 repeat = 1;                  ///< the kernel reports the mean time of this many runs; 0 counts as 1
  std::size_t data_out_bytes = 0;  ///< room for the packet that comes out; 0: data_in.size() + 256
  u32 cpu = 0;                     ///< raw tracepoints with `flags` BPF_F_TEST_RUN_ON_CPU only
  u32 flags = 0;                   ///< BPF_F_TEST_*
};

struct TestRunResult {
  u32 return_value = 0;
  std::chrono::nanoseconds mean_duration{};  ///< of one run
  std::vector<std::byte> data_out;
  std::vector<std::byte> context_out;
};

/// A move-only handle; destroying it closes the descriptor (an attached or pinned program lives on).
class Program {
 public:
  struct Traits {
    std::string name;
    std::string section;
    bpf_prog_type type{};
    bpf_attach_type expected_attach_type{};
    u32 flags = 0;
    u32 insn_count = 0;         ///< as loaded, with its subprograms
    std::string attach_target;  ///< what follows the section's prefix: "sched/sched_switch"; may be empty
    u32 attach_btf_id = 0;      ///< what it was loaded for, in the kernel's types or a module's; 0: nothing
    std::string attach_module;  ///< which module's; empty: the kernel's own
  };

  /// `attach_maps`: see attach_maps().
  Program(kernel::Kernel& kernel, Fd fd, Traits traits,
          std::vector<std::shared_ptr<const Fd>> attach_maps = {});
  std::string_view name() const { return traits_.name; }
  const Traits& traits() const { return traits_; }
  const Fd& fd() const { return fd_; }
  /// The kernel that it is loaded in.
  kernel::Kernel& kernel() const { return *kernel_; }

  /// Descriptors of those maps of its object that attaching writes to (the two of usdt.bpf.h), shared with the object's other programs: opening a map by its id would take CAP_SYS_ADMIN.
  /// Empty for objects that have no such maps, and for programs that were opened and not loaded.
  std::span<const std::shared_ptr<const Fd>> attach_maps() const { return attach_maps_; }

  /// True when this kind of program can be test-run (on a new enough kernel).
  bool can_test_run() const;
  /// Whether a test run wants a packet as `data_in`.
  bool takes_packet() const;
  /// Whether a test run can be repeated, and tells how long it took; others run once per call.
  bool repeats() const;
  /// Runs the program once or `repeat` times on the given input. Errors: unsupported (ENOTSUPP: this program type has no test run), invalid (sizes),
  /// kernel.
  Result<TestRunResult> test_run(const TestRun& run) const;
  /// Keeps the program under `path` in the BPF file system.
  Result<void> pin(const std::string& path) const;

 private:
  kernel::Kernel* kernel_;
  Fd fd_;
  Traits traits_;
  std::vector<std::shared_ptr<const Fd>> attach_maps_;
};

}  // namespace skep

// Kernel functions: at one instruction (kprobe), at a return (kretprobe), behind a system call's name (ksyscall), or at many functions at once (kprobe.multi, kprobe.session).
#pragma once

#include <string>
#include <vector>

#include "skep/attach.h"

namespace skep {

/// How the kernel is asked for a probe.
enum class ProbeMethod : u8 {
  automatic,  ///< by perf where the kernel has it (Linux 4.17), else by tracefs
  perf,       ///< perf_event_open(2) alone: the probe goes with the process, however that ends
  tracefs,  ///< a line of kprobe_events. A process that is killed leaves it behind, idle; the next one that attaches so takes it away
};

/// Where a kprobe goes.
struct KprobeTarget {
  std::string function;  ///< "do_unlinkat", "nf_tables:nft_do_chain" (a module's); empty: `address` counts
  u64 offset = 0;        ///< bytes into the function; 0 for return probes
  u64 address = 0;       ///< in the kernel, where there is no `function`: tells functions of one name apart
  bool at_return = false;
  u64 cookie = 0;  ///< what bpf_get_attach_cookie() answers; since Linux 5.15
  ProbeMethod method = ProbeMethod::automatic;
};

/// Attaches a program of section kprobe or kretprobe. Errors: not_found (no such function; with the nearest names), invalid (several functions have the name: they are listed with
/// their addresses and modules; a place that cannot be probed; an offset at a return), unsupported (a cookie before 5.15; no kprobes in this kernel), denied, kernel.
Result<Link> attach_kprobe(const Program& program, const KprobeTarget& target,
                           const AttachOptions& options = {});

/// Which system call.
struct KsyscallTarget {
  std::string name;  ///< "unlinkat": no prefix
  bool at_return = false;
  u64 cookie = 0;  ///< since Linux 5.15
};

/// Attaches a program of section ksyscall or kretsyscall to the function behind a system call, whatever this kernel calls it. Errors: as attach_kprobe().
Result<Link> attach_ksyscall(const Program& program, const KsyscallTarget& target,
                             const AttachOptions& options = {});

/// Which functions. One of the three lists.
struct KprobeMultiTarget {
  std::string pattern;                 ///< a name, or a pattern with * and ?, of functions that can be traced
  std::vector<std::string> functions;  ///< names
  std::vector<u64> addresses;          ///< of functions' beginnings
  std::vector<u64> cookies;            ///< empty, or one for each of `functions` or `addresses`
  bool at_return = false;              ///< not for kprobe.session programs, which run at both
};

/// Attaches a program of section kprobe.multi, kretprobe.multi or kprobe.session by one link. Errors: unsupported (Linux before 5.18, sessions before 6.10, or a kernel without
/// CONFIG_FPROBE), not_found (no function fits the pattern, or a name is no traceable function's; with the nearest names), invalid (no list or several; cookies that do not go with
/// the list), denied, kernel.
Result<Link> attach_kprobe_multi(const Program& program, const KprobeMultiTarget& target,
                                 const AttachOptions& options = {});

}  // namespace skep

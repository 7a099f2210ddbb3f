// USDT: probes that a program's authors placed in its source (<sys/sdt.h>, DTrace), with named arguments. BPF programs read these by bpf_usdt_arg() of <bpf/usdt.bpf.h>; objects that
// were built with libbpf's header of this name work as well.
#pragma once

#include <string>
#include <vector>

#include "skep/attach.h"

namespace skep {

/// A probe of a program or library.
struct UsdtTarget {
  std::string path;      ///< as UprobeTarget::path
  std::string provider;  ///< "python"
  std::string name;      ///< "gc__start"; "gc-start" means the same
  s32 pid = -1;          ///< this process alone; 0: the caller's; -1: all, also those that start later
  u64 cookie = 0;        ///< what bpf_usdt_cookie() answers
};

/// Attaches a program of section usdt or usdt.s at every place of the probe, by one link where the kernel has uprobe.multi (6.6). Arguments that cannot be read (a floating-point register)
/// make bpf_usdt_arg() answer -EINVAL, and nothing else. Kernels without BPF cookies (before 5.15) tell places by their addresses: arguments are then known in programs that are loaded at fixed
/// addresses and in processes that run already; the link's place says so. Errors: not_found (no such file or probe; with the nearest), invalid (not a program or library; an object without the maps of
/// usdt.bpf.h; more than 12 arguments; more than the maps hold), malformed (the probe's note is damaged), unsupported (a program of another architecture; a semaphore before 4.20), denied, kernel.
Result<Link> attach_usdt(const Program& program, const UsdtTarget& target, const AttachOptions& options = {});

/// One argument of a probe.
struct UsdtArgumentInfo {
  u8 bytes = 0;  ///< 1, 2, 4 or 8
  bool is_signed = false;
  bool is_readable = false;  ///< by a BPF program
  std::string text;          ///< "s32 in esi", "u64 at rbp-24"
};

/// One place of a probe.
struct UsdtProbe {
  std::string provider;
  std::string name;
  u64 address = 0;           ///< as the file has it
  u64 offset = 0;            ///< in the file
  u64 semaphore_offset = 0;  ///< of its semaphore in the file; 0: it has none
  std::string problem;       ///< why it cannot be attached to: its note is damaged; empty: it can
  std::vector<UsdtArgumentInfo> arguments;
};

/// All probes of `path` (as UprobeTarget::path), in the file's order; those whose notes are damaged with their problem. Errors: not_found (no such file; no probes), malformed, truncated, denied, unsupported.
Result<std::vector<UsdtProbe>> list_usdt(const std::string& path);

}  // namespace skep

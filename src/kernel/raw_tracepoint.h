// BPF_RAW_TRACEPOINT_OPEN: raw tracepoints, and before links had an own command everything that was loaded for its target.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// Attaches and returns a link (a plain descriptor before Linux 5.7; closing detaches either way). `name` is the raw tracepoint's, or null for
/// fentry, fexit, fmod_ret, LSM and tp_btf programs, whose target was fixed when they were loaded. `cookie` needs 6.10.
/// Errors: not_found (no such tracepoint), denied, busy, kernel.
inline Result<Fd> raw_tracepoint_open(Kernel& kernel, int prog_fd, const char* name, u64 cookie = 0) {
  auto attr = zeroed<bpf_attr_raw_tracepoint>();
  attr.name = address_of(name);
  attr.prog_fd = static_cast<u32>(prog_fd);
  attr.cookie = cookie;
  return descriptor(kernel.bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, SKEP_ATTR_END(raw_tracepoint, cookie)), [&] {
    return name != nullptr ? cat("open raw tracepoint '", name, "'")
                           : std::string("attach a tracing program");
  });
}

}  // namespace skep::kernel

// Statistics of programs.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// BPF_ENABLE_STATS: measuring goes on until the descriptor is closed (5.8). Errors: denied, kernel.
inline Result<Fd> enable_stats(Kernel& kernel, bpf_stats_type type) {
  auto attr = zeroed<bpf_attr_enable_stats>();
  attr.type = type;
  return descriptor(kernel.bpf(BPF_ENABLE_STATS, &attr, SKEP_ATTR_END(enable_stats, type)),
                    "enable program statistics");
}

}  // namespace skep::kernel

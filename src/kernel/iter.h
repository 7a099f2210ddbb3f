// Iterators: files whose reading runs a program over every object of a kind.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// BPF_ITER_CREATE: a file of the iterator link; each read(2) goes on with the walk, 0 is its end (5.8). Errors: kernel.
inline Result<Fd> iter_create(Kernel& kernel, int link_fd) {
  auto attr = zeroed<bpf_attr_iter_create>();
  attr.link_fd = static_cast<u32>(link_fd);
  return descriptor(kernel.bpf(BPF_ITER_CREATE, &attr, SKEP_ATTR_END(iter_create, flags)),
                    "create an iterator");
}

}  // namespace skep::kernel

// Tokens: rights for a user namespace, delegated by the options of a bpf file system's mount.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// BPF_TOKEN_CREATE from the root directory of a bpf file system (6.9). Errors: denied (EPERM), not_found (nothing is delegated), kernel
/// (EOPNOTSUPP: the initial namespace has no use for tokens).
inline Result<Fd> token_create(Kernel& kernel, int bpffs_fd) {
  auto attr = zeroed<bpf_attr_token_create>();
  attr.bpffs_fd = static_cast<u32>(bpffs_fd);
  return descriptor(kernel.bpf(BPF_TOKEN_CREATE, &attr, SKEP_ATTR_END(token_create, bpffs_fd)),
                    "create a BPF token");
}

/// Opens the directory to make a token from. Errors: not_found, denied, kernel.
inline Result<Fd> open_bpffs(Kernel& kernel, const char* path) {
  return descriptor(kernel.open_directory(path), [&] { return cat("open ", path); });
}

}  // namespace skep::kernel

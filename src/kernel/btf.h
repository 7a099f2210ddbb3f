// BTF: hand type information to the kernel.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// Parameters of BPF_BTF_LOAD, and its log.
struct BtfLoad {
  std::span<const std::byte> btf;  ///< header, types and strings in the kernel's byte order
  std::span<char> log;             ///< empty: no log
  u32 log_level = 0;
  int token_fd = -1;
  u32 flags = 0;           ///< BPF_F_TOKEN_FD
  u32 log_true_bytes = 0;  ///< out: how large the log would have been (6.4; else 0)
};

/// BPF_BTF_LOAD: returns the BTF's descriptor. Errors: denied, kernel (EINVAL: malformed or a kind this kernel does not know; E2BIG; ENOSPC: the
/// log did not fit).
inline Result<Fd> btf_load(Kernel& kernel, BtfLoad& want) {
  auto attr = zeroed<bpf_attr_btf_load>();
  attr.btf = address_of(want.btf.data());
  attr.btf_size = static_cast<u32>(want.btf.size());
  attr.btf_log_buf = address_of(want.log.data());
  attr.btf_log_size = static_cast<u32>(want.log.size());
  attr.btf_log_level = want.log_level;
  attr.btf_flags = want.flags;
  attr.btf_token_fd = want.token_fd >= 0 ? want.token_fd : 0;
  const int raw = kernel.bpf(BPF_BTF_LOAD, &attr, SKEP_ATTR_END(btf_load, btf_token_fd));
  want.log_true_bytes = attr.btf_log_true_size;
  return descriptor(raw, "load BTF");
}

}  // namespace skep::kernel

// The memory of a map in the address space of this process: arrays made with BPF_F_MMAPABLE, arenas, ring buffers.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// Maps memory; see MemoryRequest. Errors: denied (EPERM: frozen and asked for writing), kernel (EINVAL: not a mappable map; ENOMEM).
inline Result<void*> map_memory(Kernel& kernel, const MemoryRequest& want) {
  const s64 address = kernel.map_memory(want);
  // Addresses of user space are positive as s64 on every architecture that Linux runs BPF on.
  if (address < 0) {
    return fail_errno(static_cast<int>(-address), cat("map ", want.bytes, " bytes of a map"));
  }
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
}

/// Gives memory back. Errors: kernel.
inline Result<void> unmap_memory(Kernel& kernel, void* address, std::size_t bytes) {
  return done(kernel.unmap_memory(address, bytes), "unmap a map");
}

/// The bytes that the memory of an array map takes before rounding up to pages: each value begins at a multiple of 8. In u64, so that no
/// product of two u32 can wrap.
constexpr u64 array_memory_bytes(u32 value_bytes, u32 max_entries) {
  return (u64{value_bytes} + 7) / 8 * 8 * max_entries;
}

}  // namespace skep::kernel

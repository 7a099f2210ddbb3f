// A kernel that says yes to everything and does nothing, for `skep explain --dry-run`.
#pragma once

#include "kernel/kernel.h"

namespace skep::kernel {

/// Answers every call as if it had worked, without any right and without a call of bpf(2). Descriptors are of /dev/null: real, so that closing them
/// closes nothing of anybody's, and harmless. Mapped maps are anonymous memory. What Linux would have to know (an element, an id, what is
/// pinned) is absent: not_found. Thread-safe.
class DryKernel final : public Kernel {
 public:
  int bpf(bpf_cmd cmd, void* attr, u32 attr_bytes) override;
  int bpf_common(bpf_cmd cmd, void* attr, u32 attr_bytes, bpf_common_attr* common, u32 common_bytes) override;
  s64 map_memory(const MemoryRequest& want) override;
  int unmap_memory(void* address, std::size_t bytes) override;
  int get_memlock(MemlockLimit& limit) override;
  int set_memlock(const MemlockLimit& limit) override;
  int open_directory(const char* path) override;
  int make_directory(const char* path, u32 mode) override;
  int remove_directory(const char* path) override;
  int unlink(const char* path) override;
  s64 filesystem_type(const char* path) override;
  int read_link(const char* path, char* text, u32 bytes) override;
};

}  // namespace skep::kernel

// The real thing.
#pragma once

#include "kernel/kernel.h"

namespace skep::kernel {

/// Makes the system calls; the only class that does. Stateless, so thread-safe.
class HostKernel final : public Kernel {
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
  Answers& answers() override;
};

}  // namespace skep::kernel

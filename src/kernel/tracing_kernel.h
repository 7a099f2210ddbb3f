// A kernel that tells of each call.
#pragma once

#include <functional>
#include <span>

#include "kernel/kernel.h"

namespace skep::kernel {

/// One call, after it returned. What the spans and pointers refer to lives while the callback runs: so do the things that the attributes
/// point at, because the caller has not gone on yet.
struct CallEvent {
  CallKind kind{};
  bpf_cmd cmd{};                             ///< for bpf and bpf_common
  std::span<const std::byte> attr_before;    ///< the attributes as passed
  std::span<const std::byte> attr_after;     ///< as the kernel left them
  std::span<const std::byte> common_before;  ///< bpf_common: the bpf_common_attr as passed
  std::span<const std::byte> common_after;   ///< as the kernel left it
  std::string_view path;                     ///< calls that take one
  MemoryRequest memory;                      ///< map_memory and unmap_memory
  MemlockLimit memlock;                      ///< get_memlock and set_memlock
  s64 result = 0;                            ///< not negative, or -errno
  u64 duration_ns = 0;
};

/// Passes every call on to `inner` and then calls `tell`, from the thread that made the call and possibly from several at once: `tell` must be
/// thread-safe. `inner` must outlive this.
class TracingKernel final : public Kernel {
 public:
  using Tell = std::function<void(const CallEvent&)>;
  TracingKernel(Kernel& inner, Tell tell) : inner_(inner), tell_(std::move(tell)) {}

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
  Answers& answers() override { return inner_.answers(); }

 private:
  template <class Call>
  s64 timed(CallEvent event, const Call& call);

  Kernel& inner_;
  Tell tell_;
};

}  // namespace skep::kernel

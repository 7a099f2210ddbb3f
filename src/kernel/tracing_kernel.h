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
  int fd = -1;                               ///< calls on a descriptor; epoll_control: the watched one
  u64 request = 0;                           ///< control: which; epoll_control: the operation
  u64 argument = 0;                          ///< control: the number or address
  u64 flags = 0;                             ///< open_file, send, receive; open_socket: domain << 32 | type
  std::span<const std::byte> data;           ///< what was written, sent, read, received, bound or set
  const ::perf_event_attr* event = nullptr;  ///< perf_event_open
  PerfEventPlace place;                      ///< perf_event_open
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
  int perf_event_open(::perf_event_attr& attr, const PerfEventPlace& place) override;
  int control(int fd, u64 request, u64 argument) override;
  int open_file(const char* path, int flags, u32 mode) override;
  s64 read_file(int fd, void* bytes, std::size_t size) override;
  s64 write_file(int fd, const void* bytes, std::size_t size) override;
  int open_socket(int domain, int type, int protocol) override;
  int bind_socket(int fd, const ::sockaddr* address, u32 bytes) override;
  int set_socket_option(int fd, const SocketOption& option) override;
  s64 send(int fd, const void* bytes, std::size_t size, int flags) override;
  s64 receive(int fd, void* bytes, std::size_t size, int flags) override;
  int epoll_create() override;
  int epoll_control(int epoll, int operation, int fd, ::epoll_event* event) override;
  int epoll_wait(int epoll, ::epoll_event* events, int count, int timeout_ms) override;
  Answers& answers() override { return inner_.answers(); }

 private:
  template <class Call>
  s64 timed(CallEvent event, const Call& call);

  Kernel& inner_;
  Tell tell_;
};

}  // namespace skep::kernel

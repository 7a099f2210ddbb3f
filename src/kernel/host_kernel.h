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
  Answers& answers() override;
};

}  // namespace skep::kernel

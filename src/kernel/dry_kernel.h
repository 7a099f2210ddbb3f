// A kernel that says yes to everything and does nothing, for `skep explain --dry-run`.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/kernel.h"

namespace skep::kernel {

/// Answers every call as if it had worked, without any right and without a call of bpf(2). Descriptors are of /dev/null: real, so that closing them
/// closes nothing of anybody's, and harmless. Mapped maps are anonymous memory. What Linux would have to know (an element, an id, what is
/// pinned) is absent: not_found; but for the BTF of modules that it is told of. Thread-safe.
class DryKernel final : public Kernel {
 public:
  std::vector<std::string>
      modules;  ///< whose BTF it has, with the ids 1, 2, ...; to be set before it is asked

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

 private:
  int module_call(bpf_cmd cmd, void* attr, u32 attr_bytes);

  std::mutex mutex_;
  std::map<int, std::string_view> module_of_;  // by descriptor
};

}  // namespace skep::kernel

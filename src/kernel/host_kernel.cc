#include "kernel/host_kernel.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

namespace skep::kernel {

namespace {

/// The kernel gives up verifying when a signal arrives and says EAGAIN; under a profiler's timer that can happen again and again.
constexpr int prog_load_attempts = 5;

int or_errno(long result) {
  return result < 0 ? -errno : static_cast<int>(result);
}

s64 long_or_errno(ssize_t result) {
  return result < 0 ? -errno : static_cast<s64>(result);
}

/// A descriptor below 3 would pass for a standard stream in a process that has closed its own, and 0 means "none" in attributes.
int above_standard_streams(int fd) {
  if (fd < 0 || fd > 2) {
    return fd;
  }
  const int moved = or_errno(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  ::close(fd);
  return moved;
}

bool returns_descriptor(bpf_cmd cmd) {
  const CommandRow* row = find_command(cmd);
  return row != nullptr && row->returns == CommandReturns::descriptor;
}

template <class Call>
int call_bpf(bpf_cmd cmd, const Call& call) {
  int result = call();
  for (int attempt = 1; cmd == BPF_PROG_LOAD && result == -EAGAIN && attempt < prog_load_attempts;
       ++attempt) {
    result = call();
  }
  return returns_descriptor(cmd) ? above_standard_streams(result) : result;
}

}  // namespace

int HostKernel::bpf(bpf_cmd cmd, void* attr, u32 attr_bytes) {
  return call_bpf(cmd, [&] { return or_errno(::syscall(SYS_bpf, cmd, attr, attr_bytes)); });
}

int HostKernel::bpf_common(bpf_cmd cmd, void* attr, u32 attr_bytes, bpf_common_attr* common,
                           u32 common_bytes) {
  return call_bpf(cmd, [&] {
    return or_errno(::syscall(SYS_bpf, u32{cmd} | BPF_COMMON_ATTRS, attr, attr_bytes, common, common_bytes));
  });
}

s64 HostKernel::map_memory(const MemoryRequest& want) {
  const int protection = PROT_READ | (want.writable ? PROT_WRITE : 0);
  const int flags = MAP_SHARED | (want.fixed ? MAP_FIXED : 0) | (want.fd < 0 ? MAP_ANONYMOUS : 0);
  void* address =
      ::mmap(want.address, want.bytes, protection, flags, want.fd, static_cast<off_t>(want.offset));
  return address == MAP_FAILED ? -errno : static_cast<s64>(reinterpret_cast<std::uintptr_t>(address));
}

int HostKernel::unmap_memory(void* address, std::size_t bytes) {
  return or_errno(::munmap(address, bytes));
}

int HostKernel::get_memlock(MemlockLimit& limit) {
  rlimit raw{};
  const int result = or_errno(::getrlimit(RLIMIT_MEMLOCK, &raw));
  limit = {.soft = raw.rlim_cur, .hard = raw.rlim_max};
  return result;
}

int HostKernel::set_memlock(const MemlockLimit& limit) {
  const rlimit raw{.rlim_cur = limit.soft, .rlim_max = limit.hard};
  return or_errno(::setrlimit(RLIMIT_MEMLOCK, &raw));
}

int HostKernel::open_directory(const char* path) {
  return above_standard_streams(or_errno(::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)));
}

int HostKernel::make_directory(const char* path, u32 mode) {
  return or_errno(::mkdir(path, mode));
}

int HostKernel::remove_directory(const char* path) {
  return or_errno(::rmdir(path));
}

int HostKernel::unlink(const char* path) {
  return or_errno(::unlink(path));
}

s64 HostKernel::filesystem_type(const char* path) {
  struct statfs raw{};
  return ::statfs(path, &raw) < 0 ? -errno : static_cast<s64>(static_cast<u32>(raw.f_type));
}

int HostKernel::read_link(const char* path, char* text, u32 bytes) {
  return or_errno(::readlink(path, text, bytes));
}

int HostKernel::perf_event_open(::perf_event_attr& attr, const PerfEventPlace& place) {
  return above_standard_streams(or_errno(::syscall(SYS_perf_event_open, &attr, place.pid, place.cpu,
                                                   place.group, place.flags | PERF_FLAG_FD_CLOEXEC)));
}

int HostKernel::control(int fd, u64 request, u64 argument) {
  return or_errno(::syscall(SYS_ioctl, fd, request, argument));
}

int HostKernel::open_file(const char* path, int flags, u32 mode) {
  return above_standard_streams(or_errno(::open(path, flags | O_CLOEXEC, mode)));
}

s64 HostKernel::read_file(int fd, void* bytes, std::size_t size) {
  return long_or_errno(::read(fd, bytes, size));
}

s64 HostKernel::write_file(int fd, const void* bytes, std::size_t size) {
  return long_or_errno(::write(fd, bytes, size));
}

int HostKernel::open_socket(int domain, int type, int protocol) {
  return above_standard_streams(or_errno(::socket(domain, type | SOCK_CLOEXEC, protocol)));
}

int HostKernel::bind_socket(int fd, const ::sockaddr* address, u32 bytes) {
  return or_errno(::bind(fd, address, bytes));
}

int HostKernel::set_socket_option(int fd, const SocketOption& option) {
  return or_errno(::setsockopt(fd, option.level, option.name, option.value, option.value_bytes));
}

s64 HostKernel::send(int fd, const void* bytes, std::size_t size, int flags) {
  return long_or_errno(::send(fd, bytes, size, flags));
}

s64 HostKernel::receive(int fd, void* bytes, std::size_t size, int flags) {
  return long_or_errno(::recv(fd, bytes, size, flags));
}

int HostKernel::epoll_create() {
  return above_standard_streams(or_errno(::epoll_create1(EPOLL_CLOEXEC)));
}

int HostKernel::epoll_control(int epoll, int operation, int fd, ::epoll_event* event) {
  return or_errno(::epoll_ctl(epoll, operation, fd, event));
}

int HostKernel::epoll_wait(int epoll, ::epoll_event* events, int count, int timeout_ms) {
  return or_errno(::epoll_wait(epoll, events, count, timeout_ms));
}

Answers& HostKernel::answers() {
  static Answers of_this_machine;
  return of_this_machine;
}

}  // namespace skep::kernel

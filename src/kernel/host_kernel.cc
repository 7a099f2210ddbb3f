#include "kernel/host_kernel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
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

Answers& HostKernel::answers() {
  static Answers of_this_machine;
  return of_this_machine;
}

}  // namespace skep::kernel

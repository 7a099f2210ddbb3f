#include "kernel/dry_kernel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "skep/uapi/info.h"

namespace skep::kernel {

namespace {

int harmless_descriptor() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fd > 2) {
    return fd < 0 ? -errno : fd;
  }
  const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  ::close(fd);
  return moved < 0 ? -errno : moved;
}

}  // namespace

/// Ids and names of modules' BTF. -ENOENT: the call is about no module.
int DryKernel::module_call(bpf_cmd cmd, void* attr, u32 attr_bytes) {
  bpf_attr whole;
  std::memset(&whole, 0, sizeof whole);
  std::memcpy(&whole, attr, std::min<std::size_t>(attr_bytes, sizeof whole));
  const std::lock_guard lock(mutex_);
  if (cmd == BPF_OBJ_GET_INFO_BY_FD) {
    const auto known = module_of_.find(static_cast<int>(whole.info.bpf_fd));
    if (known == module_of_.end() || whole.info.info_len < sizeof(bpf_btf_info)) {
      return -ENOENT;
    }
    auto* info = reinterpret_cast<bpf_btf_info*>(static_cast<std::uintptr_t>(whole.info.info));
    info->kernel_btf = 1;
    auto* name = reinterpret_cast<char*>(static_cast<std::uintptr_t>(info->name));
    if (name != nullptr && info->name_len > known->second.size()) {
      name[known->second.copy(name, info->name_len)] = '\0';
    }
    return 0;
  }
  const u32 id = whole.get_id.start_id;
  if (cmd == BPF_BTF_GET_NEXT_ID && id < modules.size()) {
    whole.get_id.next_id = id + 1;
    std::memcpy(attr, &whole, std::min<std::size_t>(attr_bytes, sizeof whole));
    return 0;
  }
  if (cmd == BPF_BTF_GET_FD_BY_ID && id != 0 && id <= modules.size()) {
    const int fd = harmless_descriptor();
    module_of_[fd] = modules[id - 1];
    return fd;
  }
  return -ENOENT;
}

int DryKernel::bpf(bpf_cmd cmd, void* attr, u32 attr_bytes) {
  if (!modules.empty() &&
      (cmd == BPF_BTF_GET_NEXT_ID || cmd == BPF_BTF_GET_FD_BY_ID || cmd == BPF_OBJ_GET_INFO_BY_FD)) {
    if (const int answered = module_call(cmd, attr, attr_bytes); answered != -ENOENT) {
      return answered;
    }
  }
  switch (cmd) {
    case BPF_OBJ_GET:
    case BPF_MAP_LOOKUP_ELEM:
    case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
    case BPF_MAP_GET_NEXT_KEY:
    case BPF_MAP_LOOKUP_BATCH:
    case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
    case BPF_PROG_GET_NEXT_ID:
    case BPF_MAP_GET_NEXT_ID:
    case BPF_BTF_GET_NEXT_ID:
    case BPF_LINK_GET_NEXT_ID:
    case BPF_PROG_GET_FD_BY_ID:
    case BPF_MAP_GET_FD_BY_ID:
    case BPF_BTF_GET_FD_BY_ID:
    case BPF_LINK_GET_FD_BY_ID: return -ENOENT;
    default: break;
  }
  const CommandRow* row = find_command(cmd);
  if (row == nullptr) {
    return -EINVAL;
  }
  return row->returns == CommandReturns::descriptor ? harmless_descriptor() : 0;
}

int DryKernel::bpf_common(bpf_cmd cmd, void* attr, u32 attr_bytes, bpf_common_attr*, u32) {
  return bpf(cmd, attr, attr_bytes);
}

s64 DryKernel::map_memory(const MemoryRequest& want) {
  // Always writable: there is no map whose other view could fill it.
  void* address = ::mmap(want.address, want.bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | (want.fixed ? MAP_FIXED : 0), -1, 0);
  return address == MAP_FAILED ? -errno : static_cast<s64>(reinterpret_cast<std::uintptr_t>(address));
}

int DryKernel::unmap_memory(void* address, std::size_t bytes) {
  return ::munmap(address, bytes) < 0 ? -errno : 0;
}

int DryKernel::get_memlock(MemlockLimit& limit) {
  limit = {.soft = MemlockLimit::unlimited, .hard = MemlockLimit::unlimited};
  return 0;
}

int DryKernel::set_memlock(const MemlockLimit&) {
  return 0;
}

int DryKernel::open_directory(const char*) {
  return harmless_descriptor();
}

int DryKernel::make_directory(const char*, u32) {
  return 0;
}

int DryKernel::remove_directory(const char*) {
  return 0;
}

int DryKernel::unlink(const char*) {
  return 0;
}

s64 DryKernel::filesystem_type(const char*) {
  return bpf_filesystem;
}

int DryKernel::read_link(const char*, char*, u32) {
  return -ENOENT;
}

int DryKernel::perf_event_open(::perf_event_attr&, const PerfEventPlace&) {
  return harmless_descriptor();
}

int DryKernel::control(int, u64, u64) {
  return 0;
}

/// Reading is harmless, and what is read decides what would be done; writing goes nowhere.
int DryKernel::open_file(const char* path, int flags, u32) {
  if ((flags & O_ACCMODE) != O_RDONLY) {
    return harmless_descriptor();
  }
  const int fd = ::open(path, flags | O_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

s64 DryKernel::read_file(int fd, void* bytes, std::size_t size) {
  const ssize_t got = ::read(fd, bytes, size);
  return got < 0 ? -errno : static_cast<s64>(got);
}

s64 DryKernel::write_file(int, const void*, std::size_t size) {
  return static_cast<s64>(size);
}

int DryKernel::open_socket(int, int, int) {
  return harmless_descriptor();
}

int DryKernel::bind_socket(int, const ::sockaddr*, u32) {
  return 0;
}

int DryKernel::set_socket_option(int, const SocketOption&) {
  return 0;
}

s64 DryKernel::send(int, const void*, std::size_t size, int) {
  return static_cast<s64>(size);
}

/// There is nobody to answer.
s64 DryKernel::receive(int, void*, std::size_t, int) {
  return -EAGAIN;
}

int DryKernel::epoll_create() {
  return harmless_descriptor();
}

int DryKernel::epoll_control(int, int, int, ::epoll_event*) {
  return 0;
}

int DryKernel::epoll_wait(int, ::epoll_event*, int, int) {
  return 0;
}

}  // namespace skep::kernel

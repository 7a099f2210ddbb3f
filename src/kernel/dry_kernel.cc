#include "kernel/dry_kernel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

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

int DryKernel::bpf(bpf_cmd cmd, void*, u32) {
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

}  // namespace skep::kernel

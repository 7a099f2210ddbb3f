// Memory of ring buffers as Linux maps it: a page for the reader's position, one for the writer's, and the data, which comes a second time where the mapping
// is longer than the ring.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "kernel/fake_model.h"

namespace skep::kernel {

s64 FakeKernel::map_ring(const Object& map, const MemoryRequest& want) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t pages_bytes = page * 2;
  const std::size_t data_bytes = map.storage_fd_bytes - pages_bytes;
  if (want.offset > pages_bytes || want.bytes > pages_bytes - want.offset + 2 * data_bytes) {
    return -EINVAL;
  }
  // One side's position may be written by user space, and in a ring that it fills the data too.
  const bool first_page = want.offset == 0 && want.bytes <= page;
  const bool user_writes = map.map.map_type == BPF_MAP_TYPE_USER_RINGBUF ? want.offset != 0 : first_page;
  if (want.writable && !user_writes) {
    return -EPERM;
  }
  void* const place = ::mmap(nullptr, want.bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (place == MAP_FAILED) {
    return -errno;
  }
  const int protection = PROT_READ | (want.writable ? PROT_WRITE : 0);
  std::size_t done = 0;
  std::size_t offset = want.offset;
  while (done < want.bytes) {
    const std::size_t part = std::min(want.bytes - done, map.storage_fd_bytes - offset);
    if (::mmap(static_cast<std::byte*>(place) + done, part, protection, MAP_SHARED | MAP_FIXED, want.fd,
               static_cast<off_t>(offset)) == MAP_FAILED) {
      const int cause = errno;
      ::munmap(place, want.bytes);
      return -cause;
    }
    done += part;
    offset = pages_bytes;
  }
  return static_cast<s64>(reinterpret_cast<std::uintptr_t>(place));
}

}  // namespace skep::kernel

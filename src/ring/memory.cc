#include <unistd.h>

#include "kernel/memory.h"
#include "ring/layout.h"
#include "skep/ring_memory.h"

namespace skep {

RingMemory::~RingMemory() {
  if (address_ != nullptr) {
    // Fails only for what is no mapping; there is nobody to tell.
    kernel_->unmap_memory(address_, bytes_);
  }
}

Result<RingMemory> RingMemory::map(kernel::Kernel& kernel, int fd, u64 offset, std::size_t bytes,
                                   bool writable) {
  SKEP_TRY(void* const address,
           kernel::map_memory(kernel, {.bytes = bytes, .fd = fd, .writable = writable, .offset = offset}));
  RingMemory memory;
  memory.kernel_ = &kernel;
  memory.address_ = static_cast<std::byte*>(address);
  memory.bytes_ = bytes;
  return memory;
}

namespace ring {

std::size_t page_bytes() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

Result<std::size_t> check_ring(const MapTraits& traits, bpf_map_type wanted, std::string_view what) {
  if (traits.type != wanted) {
    return fail(Errc::invalid,
                cat("map '", traits.name, "' is no ", what, " but of type ", name_of(traits.type)));
  }
  const std::size_t bytes = traits.max_entries;
  if (bytes < page_bytes() || (bytes & (bytes - 1)) != 0) {
    return fail(Errc::malformed,
                cat("map '", traits.name, "': ", bytes,
                    " bytes are no size of a ring: want a power of two, at least a page of ", page_bytes()));
  }
  return bytes;
}

}  // namespace ring

}  // namespace skep

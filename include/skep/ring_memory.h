// What the readers and writers of rings share: memory mapped from a map, and ordered access to words that the kernel reads and writes at the same time.
#pragma once

#include <cstddef>
#include <utility>

#include "skep/error.h"
#include "skep/types.h"

namespace skep {

namespace kernel {
class Kernel;
}

/// Memory of a map in this process; destroying it gives it back. Move-only; its address never changes.
class RingMemory {
 public:
  RingMemory() = default;
  RingMemory(RingMemory&& other) noexcept
      : kernel_(other.kernel_), address_(std::exchange(other.address_, nullptr)), bytes_(other.bytes_) {}
  RingMemory& operator=(RingMemory&& other) noexcept {
    std::swap(kernel_, other.kernel_);
    std::swap(address_, other.address_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  RingMemory(const RingMemory&) = delete;
  RingMemory& operator=(const RingMemory&) = delete;
  ~RingMemory();

  /// Maps `bytes` bytes of what `fd` is, from byte `offset` on, to read and perhaps to write. Errors: denied, kernel.
  static Result<RingMemory> map(kernel::Kernel& kernel, int fd, u64 offset, std::size_t bytes, bool writable);
  std::byte* address() const { return address_; }
  std::size_t bytes() const { return bytes_; }

 private:
  kernel::Kernel* kernel_ = nullptr;
  std::byte* address_ = nullptr;
  std::size_t bytes_ = 0;
};

namespace ring_detail {

/// A position in a ring as the kernel has it: bytes since the beginning of time, which wrap where the type does.
using Position = unsigned long;

/// Reads a word before whatever this thread reads afterwards. Pairs with the other side's release: what it wrote before it, this side then sees.
template <class T>
T load_acquire(const T* word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/// Writes a word after all that this thread has read and written before.
template <class T>
void store_release(T* word, T value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/// Takes part in one order of such accesses, whoever makes them: between a store and a load of another word acquire and release promise nothing.
template <class T>
T load_ordered(const T* word) {
  return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}
template <class T>
void store_ordered(T* word, T value) {
  __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

}  // namespace ring_detail

}  // namespace skep

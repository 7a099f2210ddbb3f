// The memory of a data section. It is mapped from the moment the object is read; loading maps the kernel's map over it at the same address, so
// a pointer into it stays valid and reads what the program writes. Thread-safety: plain memory; the program on other CPUs is another writer.
#pragma once

#include <span>
#include <utility>

#include "skep/error.h"
#include "skep/types.h"

namespace skep {

/// Page-aligned memory that owns itself. Move-only; its address never changes.
class DataRegion {
 public:
  DataRegion() = default;
  DataRegion(DataRegion&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  DataRegion& operator=(DataRegion&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  DataRegion(const DataRegion&) = delete;
  DataRegion& operator=(const DataRegion&) = delete;
  ~DataRegion();

  /// `bytes` bytes of zeroes, at the start of a page. Errors: kernel (ENOMEM).
  static Result<DataRegion> allocate(std::size_t bytes);

  std::span<std::byte> bytes() { return {data_, size_}; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  bool empty() const { return size_ == 0; }
  /// The whole pages that the memory takes.
  std::size_t mapped_bytes() const;

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace skep

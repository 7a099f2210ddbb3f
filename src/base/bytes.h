// The only place with offset arithmetic on untrusted numbers. A ByteView is a borrowed span with a byte order; `slice` tests once without
// overflow, `record<N>` gives a fixed-size record whose field reads are checked by the compiler.
// Two rules: slice the table first, then index inside it; multiply in u64 from u32 counts.
#pragma once

#include <bit>
#include <concepts>
#include <cstring>
#include <span>
#include <string_view>

#include "base/result.h"

namespace skep {

template <std::integral T>
T from_order(T value, std::endian order) {
  return order == std::endian::native ? value : std::byteswap(value);
}

/// N bytes known to exist. at<Offset, T>() is checked at compile time.
template <std::size_t N>
class Record {
 public:
  Record(const std::byte* bytes, std::endian order) : bytes_(bytes), order_(order) {}

  template <std::size_t Offset, std::integral T>
  T at() const {
    static_assert(Offset + sizeof(T) <= N, "field outside of the record");
    T value;
    std::memcpy(&value, bytes_ + Offset, sizeof value);
    return from_order(value, order_);
  }
  const std::byte* data() const { return bytes_; }

 private:
  const std::byte* bytes_;
  std::endian order_;
};

/// A borrowed span of bytes and their byte order. Does not own: the bytes must outlive it.
class ByteView {
 public:
  ByteView() = default;
  ByteView(std::span<const std::byte> bytes, std::endian order) : bytes_(bytes), order_(order) {}
  ByteView(const void* data, std::size_t size, std::endian order)
      : bytes_(static_cast<const std::byte*>(data), size), order_(order) {}

  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  std::endian order() const { return order_; }
  const std::byte* data() const { return bytes_.data(); }
  std::span<const std::byte> span() const { return bytes_; }
  std::string_view chars() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

  /// True when `length` bytes exist at `offset`; cannot overflow.
  bool holds(u64 offset, u64 length) const { return offset <= size() && length <= size() - offset; }

  /// The `length` bytes at `offset`. Errors: truncated.
  Result<ByteView> slice(u64 offset, u64 length) const {
    if (!holds(offset, length)) {
      return out_of_range(offset, length);
    }
    return ByteView(bytes_.subspan(offset, length), order_);
  }
  /// Everything from `offset` on. Errors: truncated.
  Result<ByteView> from(u64 offset) const { return slice(offset, offset <= size() ? size() - offset : 0); }

  /// N bytes at `offset`. Errors: truncated.
  template <std::size_t N>
  Result<Record<N>> record(u64 offset) const {
    if (!holds(offset, N)) {
      return out_of_range(offset, N);
    }
    return Record<N>(bytes_.data() + offset, order_);
  }

  /// One integer at `offset`. Errors: truncated.
  template <std::integral T>
  Result<T> read(u64 offset) const {
    SKEP_TRY(const auto raw, record<sizeof(T)>(offset));
    return raw.template at<0, T>();
  }

  /// The NUL-terminated text at `offset`, without its NUL. Errors: truncated when no NUL follows.
  Result<std::string_view> c_string(u64 offset) const;

 private:
  std::unexpected<Error> out_of_range(u64 offset, u64 length) const;

  std::span<const std::byte> bytes_;
  std::endian order_ = std::endian::native;
};

/// The bytes of a trivially copyable value, for tests and for attribute buffers.
template <class T>
std::span<const std::byte> bytes_of(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

}  // namespace skep

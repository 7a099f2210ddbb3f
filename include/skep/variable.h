// A global variable of a loaded object. Thread-safety: plain memory that the program may write at any time; load() and store() are relaxed
// atomic accesses for types of 1, 2, 4 or 8 bytes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "skep/error.h"
#include "skep/type_check.h"
#include "skep/types.h"

namespace skep {

class Map;
namespace btf {
class Btf;
}
template <class T>
class TypedVariable;

/// A variable's place: in the memory that user space and program share, or (sections without a non-static variable and kernels before 5.5 cannot be
/// mapped) in the map's only element, read and written by system calls.
class Variable {
 public:
  Variable(std::string name, Map& map, std::span<std::byte> mapped, u32 offset, u32 size_bytes,
           bool read_only, std::shared_ptr<const btf::Btf> btf, u32 type_id);

  const std::string& name() const { return name_; }
  u32 size_bytes() const { return size_bytes_; }
  bool is_read_only() const { return read_only_; }
  /// The shared memory itself, or an empty span when it is not mapped. Read-only memory must not be written (SIGSEGV).
  std::span<std::byte> mapped() const { return mapped_; }

  /// Errors: invalid (sizes differ), kernel.
  Result<void> read(std::span<std::byte> value) const;
  /// Errors: invalid (sizes differ), denied (the section is read-only), kernel.
  Result<void> write(std::span<const std::byte> value) const;
  /// With a C++ type. Errors: invalid, when the sizes or, where BTF is there, the kinds or field offsets differ.
  template <class T>
  Result<TypedVariable<T>> as() const;

 private:
  std::string name_;
  Map* map_;
  std::span<std::byte> mapped_;
  u32 offset_;
  u32 size_bytes_;
  bool read_only_;
  std::shared_ptr<const btf::Btf> btf_;
  u32 type_id_;
};

/// A variable of type T; reads and writes go to the memory that the program uses.
template <class T>
class TypedVariable {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit TypedVariable(const Variable& variable) : variable_(variable) {}
  Result<T> load() const {
    T value{};
    if (auto done = variable_.read(std::as_writable_bytes(std::span(&value, 1))); !done) {
      return std::unexpected(std::move(done).error());
    }
    return value;
  }
  Result<void> store(const T& value) const { return variable_.write(std::as_bytes(std::span(&value, 1))); }
  /// The variable itself in shared memory; null where it is not mapped.
  T* pointer() const {
    return variable_.mapped().empty() ? nullptr : reinterpret_cast<T*>(variable_.mapped().data());
  }

 private:
  Variable variable_;
};

template <class T>
Result<TypedVariable<T>> Variable::as() const {
  if (auto fits = check_type(describe<T>(), btf_.get(), type_id_, size_bytes_); !fits) {
    return std::unexpected(std::move(fits).error().within(name_));
  }
  return TypedVariable<T>(*this);
}

}  // namespace skep

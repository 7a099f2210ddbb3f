// A file descriptor that closes itself. Thread-safety: like a pointer; one thread at a time.
#pragma once

#include <utility>

namespace skep {

/// Owns a file descriptor; the destructor closes it. Move-only.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int raw) : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(std::exchange(other.raw_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      raw_ = std::exchange(other.raw_, -1);
    }
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  /// The descriptor's number, or -1 when there is none.
  int raw() const { return raw_; }
  explicit operator bool() const { return raw_ >= 0; }
  /// Gives the descriptor away; the caller closes it.
  [[nodiscard]] int release() { return std::exchange(raw_, -1); }
  /// Closes it now.
  void reset();

 private:
  int raw_ = -1;
};

}  // namespace skep

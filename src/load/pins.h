// Pins as a transaction: either all of them stay, or none, and no directory either that was made on the way.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "kernel/kernel.h"

namespace skep::load {

/// The file name under which something called `name` is pinned: a bpf file system keeps names with dots for itself (EPERM), so they become underscores.
std::string pin_name(std::string_view name);

/// Pins until commit(); without it the destructor takes everything back. Not thread-safe.
class PinTransaction {
 public:
  explicit PinTransaction(kernel::Kernel& kernel) : kernel_(kernel) {}
  PinTransaction(const PinTransaction&) = delete;
  PinTransaction& operator=(const PinTransaction&) = delete;
  ~PinTransaction();

  /// Pins `fd` at `path`, making the directories that are missing (mode 0700).
  /// Errors: kernel (EEXIST), denied (with a word when `path` is not on a bpf file system), not_found.
  Result<void> pin(int fd, const std::string& path);
  /// Makes `directory` and those above it where they are missing.
  Result<void> make_directories(const std::string& directory);
  void commit();

 private:
  kernel::Kernel& kernel_;
  std::vector<std::string> pins_;
  std::vector<std::string> directories_;  // outermost first
};

}  // namespace skep::load

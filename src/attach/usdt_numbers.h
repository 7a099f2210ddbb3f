// Who uses what in the maps of USDT programs. All links of this process share these accounts, one for each map of the kernel.
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "attach/usdt_spec.h"
#include "skep/error.h"

namespace skep::attach {

/// The numbers that were given away in a map of specifications. What is not given back stays in use for good. Thread-safe.
class SpecNumbers {
 public:
  explicit SpecNumbers(u32 room) : room_(room) {}
  /// The number of `spec`: one that has the same already, or a free one, for which `write` is called; nobody else gets the number before that. Errors: invalid (all are in use); those of
  /// `write`.
  Result<u32> take(const UsdtSpec& spec, const std::function<Result<void>(u32 number)>& write);
  void give_back(u32 number);
  /// True when no number is in use.
  bool is_idle() const;

 private:
  mutable std::mutex mutex_;
  u32 room_;
  std::vector<u32> users_;         // by number
  std::vector<std::string> keys_;  // by number: the specification's bytes
  std::vector<u32> free_;
  std::unordered_map<std::string, u32> by_spec_;
};

/// Which addresses were told to have which number, for kernels without cookies. What is not given back stays in use for good. Thread-safe.
class AddressNumbers {
 public:
  /// Says that what is at `address` has this number; `write` is called for the first who says so. Errors: invalid (it has another number already); those of `write`.
  Result<void> take(u64 address, u32 number, const std::function<Result<void>()>& write);
  /// `remove` is called for the last.
  void give_back(u64 address, const std::function<void()>& remove);
  bool is_idle() const;

 private:
  struct Entry {
    u32 number = 0;
    u32 users = 0;
  };
  mutable std::mutex mutex_;
  std::unordered_map<u64, Entry> entries_;
};

}  // namespace skep::attach

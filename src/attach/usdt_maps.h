// The maps by which USDT programs learn where they are. What is written there belongs to the links that use it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "attach/usdt_spec.h"
#include "skep/fd.h"
#include "skep/program.h"

namespace skep::attach {

/// Numbers and addresses that one link uses. Copies are the same lease. When all are gone without end(), what it took stays in use for good, as it has to for a program that stays attached.
class UsdtLease {
 public:
  /// True for a program that reads no arguments: it uses no such maps, and there is nothing to write.
  bool is_empty() const { return state_ == nullptr; }
  /// The number of `spec` in the map: one that has the same already, or a free one, which is written. Errors: invalid (the map is full), kernel.
  Result<u32> number_of(const UsdtSpec& spec);
  /// Says that the code at `address` of some process is the place that has this number; for kernels without cookies. Errors: invalid (the address has another number for another link), kernel (E2BIG: the map is full).
  Result<void> set_address(u64 address, u32 number);
  /// Takes all back. Called once, when the link is gone.
  Result<void> end();

 private:
  friend Result<UsdtLease> lease_usdt_maps(const Program& program);
  struct State;
  std::shared_ptr<State> state_;
};

/// A lease, with nothing in it yet, of the maps that `program` uses. Errors: invalid (maps of another layout), denied, kernel.
Result<UsdtLease> lease_usdt_maps(const Program& program);

}  // namespace skep::attach

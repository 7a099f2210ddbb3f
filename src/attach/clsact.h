// The clsact discipline that filters make for themselves, and that the last of them takes away.
#pragma once

#include <memory>
#include <mutex>

#include "attach/device.h"
#include "attach/netlink.h"

namespace skep::attach {

/// True: made; false: there already.
Result<bool> make_clsact(Netlink& netlink, const FoundDevice& device);
Result<void> remove_clsact(Netlink& netlink, const FoundDevice& device);

/// What the filters on one device of one network namespace know of its clsact: whether one of them made it. All that are there hold the same one, so the last to go can take the discipline away, whichever
/// of them made it. Filters of other processes are seen only while they are there.
class Clsact {
 public:
  /// The one that a filter of this socket and device holds already, or a new one.
  static std::shared_ptr<Clsact> of(const std::shared_ptr<Netlink>& netlink, u32 index);
  Clsact(std::shared_ptr<Netlink> netlink, u32 index) : netlink_(std::move(netlink)), index_(index) {}

  /// To be held from make() until the filter is there, and from deleting it until after leave(): else another thread takes away what this one relies upon.
  std::unique_lock<std::mutex> lock() { return std::unique_lock(mutex_); }
  /// Makes the discipline if it is missing. Errors: as create_clsact().
  Result<void> make(const FoundDevice& device);
  /// Takes it away if one of us made it, unless it has filters, of whatever kind. Errors: denied, kernel.
  Result<void> leave();

 private:
  std::shared_ptr<Netlink> netlink_;
  u32 index_;
  std::mutex mutex_;
  bool is_ours_ = false;
};

}  // namespace skep::attach

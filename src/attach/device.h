// Network devices, asked for one by one: no dump of them all unless a name is wrong.
#pragma once

#include "attach/netlink.h"
#include "skep/net.h"

namespace skep::attach {

/// A device that exists.
struct FoundDevice {
  u32 index = 0;
  std::string name;
};

/// Finds a device. Errors: not_found (with the nearest names), invalid (neither name nor index), kernel.
Result<FoundDevice> find_device(Netlink& netlink, const NetDevice& device);
/// The same, with a socket of its own for the moment.
Result<FoundDevice> find_device(kernel::Kernel& kernel, const NetDevice& device);
/// The kernel's whole answer about one device. Errors: as find_device().
Result<NetlinkReply> describe_device(Netlink& netlink, const NetDevice& device);

}  // namespace skep::attach

// XDP: programs that see packets in, or right after, a network device's driver.
#pragma once

#include "skep/net.h"

namespace skep {

/// Where the program runs.
enum class XdpMode : u8 {
  any,      ///< native where the driver can, else generic: the kernel chooses
  native,   ///< in the driver
  generic,  ///< in the network stack, any device
  offload,  ///< on the device itself
};

/// The name as messages have it, e.g. "native".
std::string_view name_of(XdpMode mode);

/// Where to attach, and how.
struct XdpTarget {
  /// By link: one that goes when we do, since Linux 5.9. By netlink: one that stays on the device, on any kernel.
  enum class Way : u8 { link_or_netlink, link, netlink };
  NetDevice device;
  XdpMode mode = XdpMode::any;
  Way way = Way::link_or_netlink;  ///< by link where the kernel has them
  const Program* replaces =
      nullptr;  ///< by netlink: take the place of this one, or fail (busy, EEXIST); since 5.7
  bool replace_any =
      false;  ///< by netlink: take the place of whatever is there; else a place that is taken is refused (busy)
};

/// Attaches an XDP program to a device. The netlink way leaves the program attached when this process dies.
/// Errors: not_found (no such device, with the nearest names), busy (the place is taken; says by which program), unsupported (the driver cannot: the kernel's words are in the
/// text; a link needs Linux 5.9), denied (CAP_NET_ADMIN), invalid, kernel.
Result<Link> attach_xdp(const Program& program, const XdpTarget& target, const AttachOptions& options = {});

/// Takes away what is attached by netlink, whoever did it; `only` says that it must be this program (Linux 5.7). Links cannot be taken away so. Errors: not_found (nothing is there), busy (another
/// program, or a link), denied, kernel.
Result<void> detach_xdp(const NetDevice& device, XdpMode mode = XdpMode::any, const Program* only = nullptr);

/// What is attached to a device. A device can have a program in its driver (or on the device) and one in generic mode, not both of the former.
struct XdpStatus {
  u32 native_id = 0;   ///< id of the program in the driver; 0: none
  u32 generic_id = 0;  ///< in the network stack
  u32 offload_id = 0;  ///< on the device
  bool is_attached() const { return native_id != 0 || generic_id != 0 || offload_id != 0; }
};

/// Asks which programs a device runs. Errors: not_found, kernel. Since Linux 4.8 (ids: 4.13).
Result<XdpStatus> query_xdp(const NetDevice& device);

/// What a driver can do with XDP. Bits of the kernel's netdev_xdp_act.
struct XdpFeatures {
  u64 bits = 0;
  u32 zero_copy_max_segments =
      0;                ///< AF_XDP: how many buffers one zero-copy packet may have; 0: no zero copy
  u64 rx_metadata = 0;  ///< netdev_xdp_rx_metadata: 1 timestamp, 2 hash, 4 VLAN tag (6.7)
  bool basic() const { return (bits & 1) != 0; }              ///< abort, drop, pass, tx
  bool redirect() const { return (bits & 2) != 0; }           ///< redirecting packets away
  bool redirect_target() const { return (bits & 4) != 0; }    ///< packets can be redirected to it
  bool zero_copy() const { return (bits & 8) != 0; }          ///< AF_XDP without a copy
  bool hardware_offload() const { return (bits & 16) != 0; }  ///< XdpMode::offload
  bool fragments() const { return (bits & 32) != 0; }         ///< packets in several buffers
  bool fragments_target() const { return (bits & 64) != 0; }  ///< and such can be redirected to it
};

/// Asks the driver's features. Errors: unsupported (needs Linux 6.3), not_found (no such device), kernel.
Result<XdpFeatures> query_xdp_features(const NetDevice& device);

/// Sets an element of a DEVMAP or DEVMAP_HASH: packets redirected to `key` leave by `device` after `program` (section xdp/devmap; null: none) has seen them.
/// Errors: invalid (another type of map), unsupported (a program needs Linux 5.8 and a value of 8 bytes), kernel.
Result<void> set_devmap_entry(Map& map, u32 key, const NetDevice& device, const Program* program = nullptr);
/// Sets an element of a CPUMAP: packets redirected to processor `cpu` wait in a queue of `queue_packets` and are seen there by `program` (section xdp/cpumap; null: none).
/// Errors: invalid (another type of map), unsupported (a program needs Linux 5.9 and a value of 8 bytes), kernel.
Result<void> set_cpumap_entry(Map& map, u32 cpu, u32 queue_packets, const Program* program = nullptr);

}  // namespace skep

// XDP through netlink: setting, asking, and attachments that stay on the device.
#pragma once

#include <memory>

#include "attach/attachment.h"
#include "attach/device.h"
#include "skep/xdp.h"

namespace skep::attach {

/// XDP_FLAGS_* of a mode.
u32 xdp_mode_flags(XdpMode mode);
/// The id of the program that runs in this mode; 0: none. Of XdpMode::any: the one in the driver, else the generic one.
u32 xdp_program_at(const XdpStatus& status, XdpMode mode);

/// Parameters of RTM_SETLINK with IFLA_XDP.
struct XdpSet {
  u32 index = 0;
  int prog_fd = -1;  ///< -1: none from now on
  XdpMode mode = XdpMode::any;
  bool only_new = false;  ///< fail with EBUSY when there is one
  int expected_fd = -1;   ///< fail with EEXIST unless this is there (5.7)
};
Result<void> set_xdp(Netlink& netlink, const XdpSet& want);

/// Errors: as query_xdp().
Result<XdpStatus> xdp_status(Netlink& netlink, const NetDevice& device);
/// Errors: as query_xdp_features().
Result<XdpFeatures> xdp_features(kernel::Kernel& kernel, const NetDevice& device);

Result<std::unique_ptr<Attachment>> attach_xdp_by_netlink(const Program& program, const XdpTarget& target,
                                                          std::shared_ptr<Netlink> netlink,
                                                          const FoundDevice& device);

}  // namespace skep::attach

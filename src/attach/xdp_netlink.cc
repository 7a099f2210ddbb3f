#include "attach/xdp_netlink.h"

#include <cerrno>
#include <optional>

#include "base/duplicate.h"
#include "base/result.h"
#include "kernel/info.h"
#include "skep/uapi/flags.h"

namespace skep::attach {
namespace {

/// What a device's description says of XDP.
Result<XdpStatus> status_of(const NetlinkReply& device) {
  SKEP_TRY_IN("network device", const auto attributes, device.attributes(sizeof(ifinfomsg)));
  SKEP_TRY_IN("network device: XDP", const auto xdp, attributes.nested(IFLA_XDP));
  XdpStatus status{.native_id = xdp.number<u32>(IFLA_XDP_DRV_PROG_ID).value_or(0),
                   .generic_id = xdp.number<u32>(IFLA_XDP_SKB_PROG_ID).value_or(0),
                   .offload_id = xdp.number<u32>(IFLA_XDP_HW_PROG_ID).value_or(0)};
  if (!status.is_attached()) {
    // Before Linux 4.19 there is one id, and the mode beside it.
    const u32 id = xdp.number<u32>(IFLA_XDP_PROG_ID).value_or(0);
    switch (xdp.number<u8>(IFLA_XDP_ATTACHED).value_or(XDP_ATTACHED_NONE)) {
      case XDP_ATTACHED_DRV: status.native_id = id; break;
      case XDP_ATTACHED_SKB: status.generic_id = id; break;
      case XDP_ATTACHED_HW: status.offload_id = id; break;
      default: break;
    }
  }
  return status;
}

/// The ids that this network namespace has for others: of those that a device was moved to, among others.
Result<std::vector<s32>> known_namespaces(Netlink& netlink) {
  NetlinkWriter request(RTM_GETNSID, NLM_F_DUMP);
  request.fixed(rtgenmsg{});
  SKEP_TRY(const auto replies, netlink.ask(request, "list network namespaces"));
  std::vector<s32> ids;
  for (const NetlinkReply& reply : replies) {
    SKEP_TRY_IN("list network namespaces", const auto attributes, reply.attributes(sizeof(rtgenmsg)));
    if (const auto id = attributes.number<s32>(NETNSA_NSID); id && *id >= 0) {
      ids.push_back(*id);
    }
  }
  return ids;
}

/// `device` in another namespace, in words, if it runs this program there. A device that is moved keeps its index and its name unless they are taken there, so one of the two is the same: the program may run on
/// other devices too. Nothing: it is not there.
Result<std::optional<std::string>> moved_device(Netlink& netlink, s32 space, const FoundDevice& device,
                                                u32 program_id) {
  NetlinkWriter request(RTM_GETLINK, NLM_F_DUMP);
  request.fixed(ifinfomsg{})
      .number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)
      .number(IFLA_TARGET_NETNSID, space);
  SKEP_TRY(const auto replies, netlink.ask(request, "list the devices of a network namespace"));
  for (const NetlinkReply& reply : replies) {
    SKEP_TRY(const XdpStatus status, status_of(reply));
    SKEP_TRY(const auto head, reply.fixed<ifinfomsg>());
    SKEP_TRY(const auto attributes, reply.attributes(sizeof(ifinfomsg)));
    const std::string_view name = attributes.text(IFLA_IFNAME);
    const bool runs_it =
        status.native_id == program_id || status.generic_id == program_id || status.offload_id == program_id;
    if (runs_it && (static_cast<u32>(head.index) == device.index || name == device.name)) {
      return cat("device ", head.index, " (", name, ")");
    }
  }
  return std::nullopt;
}

/// What has become of the program on a device that this namespace has no more: nothing is left of it where the device was removed; where it was moved to another namespace the program went along.
/// Errors: busy (it runs elsewhere, or may: the text says which).
Result<void> check_device_removed(Netlink& netlink, const FoundDevice& device, u32 program_id) {
  const auto spaces = known_namespaces(netlink);
  if (!spaces) {
    return {};  // before Linux 4.4 or a kernel without namespaces
  }
  std::string unseen;
  for (const s32 space : *spaces) {
    const auto found = moved_device(netlink, space, device, program_id);
    if (found && *found) {
      return fail(Errc::busy, cat("xdp: ", device.name, " is in another network namespace now (id ", space,
                                  "), where program ", program_id, " still runs on ", **found,
                                  "; it has to be detached there"));
    }
    if (!found && found.error().code() == Errc::denied) {
      unseen = found.error().message();
    }
  }
  return unseen.empty()
             ? Result<void>()
             : fail(Errc::busy, cat("xdp: ", device.name,
                                    " is not in this network namespace any more; if it was moved, program ",
                                    program_id, " still runs on it (", unseen, ")"));
}

/// A program on a device that stays there without us.
class XdpOnDevice final : public Attachment {
 public:
  XdpOnDevice(std::shared_ptr<Netlink> netlink, FoundDevice device, XdpMode mode, Fd program, u32 program_id)
      : netlink_(std::move(netlink)),
        device_(std::move(device)),
        mode_(mode),
        program_(std::move(program)),
        program_id_(program_id) {}
  ~XdpOnDevice() override {
    if (program_) {
      (void)detach();
    }
  }

  Result<void> detach() override {
    const Fd program = std::move(program_);
    auto done = put(-1, program);
    if (!done && done.error().sys_errno() == ENODEV) {
      return check_device_removed(*netlink_, device_, program_id_);
    }
    // Somebody took the program away: nothing of ours is left.
    if (!done && done.error().sys_errno() == ENOENT) {
      return {};
    }
    if (!done && done.error().sys_errno() == EEXIST) {
      const auto status = xdp_status(*netlink_, {.index = device_.index});
      if (status && xdp_program_at(*status, mode_) == 0) {
        return {};
      }
    }
    return done;
  }
  void release() override { program_.reset(); }
  kernel::Kernel* kernel() const override { return &netlink_->kernel(); }

  Result<void> update(const Program& replacement) override {
    SKEP_TRY(Fd program, duplicate(replacement.fd()));
    SKEP_TRY(const bpf_prog_info info, kernel::prog_info(netlink_->kernel(), program.raw()));
    SKEP_CHECK(put(program.raw(), program_));
    program_ = std::move(program);
    program_id_ = info.id;
    return {};
  }

 private:
  /// Puts `prog_fd` in the place of our program; in nobody else's.
  Result<void> put(int prog_fd, const Fd& ours) {
    auto done = set_xdp(
        *netlink_, {.index = device_.index, .prog_fd = prog_fd, .mode = mode_, .expected_fd = ours.raw()});
    if (done || done.error().sys_errno() != EINVAL) {
      return done;
    }
    // Before Linux 5.7 nothing can be expected, only looked at.
    SKEP_TRY(const XdpStatus status, xdp_status(*netlink_, {.index = device_.index}));
    const u32 there = xdp_program_at(status, mode_);
    if (there != program_id_) {
      return std::unexpected(Error(there == 0 ? Errc::not_found : Errc::busy,
                                   cat("xdp: want program ", program_id_, " on the device, have ", there),
                                   there == 0 ? ENOENT : EEXIST));
    }
    return set_xdp(*netlink_, {.index = device_.index, .prog_fd = prog_fd, .mode = mode_});
  }

  std::shared_ptr<Netlink> netlink_;
  FoundDevice device_;
  XdpMode mode_;
  Fd program_;
  u32 program_id_;
};

}  // namespace

u32 xdp_mode_flags(XdpMode mode) {
  switch (mode) {
    case XdpMode::any: return 0;
    case XdpMode::native: return XDP_FLAGS_DRV_MODE;
    case XdpMode::generic: return XDP_FLAGS_SKB_MODE;
    case XdpMode::offload: return XDP_FLAGS_HW_MODE;
  }
  return 0;
}

u32 xdp_program_at(const XdpStatus& status, XdpMode mode) {
  switch (mode) {
    case XdpMode::any: return status.native_id != 0 ? status.native_id : status.generic_id;
    case XdpMode::native: return status.native_id;
    case XdpMode::generic: return status.generic_id;
    case XdpMode::offload: return status.offload_id;
  }
  return 0;
}

Result<void> set_xdp(Netlink& netlink, const XdpSet& want) {
  u32 flags = xdp_mode_flags(want.mode);
  flags |= want.only_new ? XDP_FLAGS_UPDATE_IF_NOEXIST : 0;
  flags |= want.expected_fd >= 0 ? XDP_FLAGS_REPLACE : 0;
  NetlinkWriter request(RTM_SETLINK, 0);
  request.fixed(ifinfomsg{.index = static_cast<s32>(want.index)})
      .open(IFLA_XDP)
      .number(IFLA_XDP_FD, s32{want.prog_fd});
  if (flags != 0) {
    request.number(IFLA_XDP_FLAGS, flags);
  }
  if (want.expected_fd >= 0) {
    request.number(IFLA_XDP_EXPECTED_FD, s32{want.expected_fd});
  }
  request.close();
  return netlink.tell(request, want.prog_fd >= 0 ? "attach XDP by netlink" : "detach XDP by netlink");
}

Result<XdpStatus> xdp_status(Netlink& netlink, const NetDevice& device) {
  SKEP_TRY(const NetlinkReply reply, describe_device(netlink, device));
  return status_of(reply);
}

Result<XdpFeatures> xdp_features(kernel::Kernel& kernel, const NetDevice& device) {
  SKEP_TRY(const FoundDevice found, find_device(kernel, device));
  const std::string subject = cat("XDP features of ", found.name);
  SKEP_TRY(const auto netlink, Netlink::generic(kernel));
  NetlinkWriter family_request(GENL_ID_CTRL, 0);
  family_request.fixed(genlmsghdr{.command = CTRL_CMD_GETFAMILY}).text(CTRL_ATTR_FAMILY_NAME, "netdev");
  const auto family = netlink->ask(family_request, subject);
  if (!family) {
    const bool is_absent = family.error().sys_errno() == ENOENT;
    return is_absent ? fail(Errc::unsupported, cat(subject, ": needs Linux 6.3"))
                     : std::unexpected(family.error().clone());
  }
  u16 id = 0;
  for (const NetlinkReply& reply : *family) {
    SKEP_TRY_IN(subject, const auto attributes, reply.attributes(sizeof(genlmsghdr)));
    id = attributes.number<u16>(CTRL_ATTR_FAMILY_ID).value_or(id);
  }
  if (id == 0) {
    return fail(Errc::malformed, cat(subject, ": the answer has no number of the netdev family"));
  }
  NetlinkWriter request(id, 0);
  request.fixed(genlmsghdr{.command = NETDEV_CMD_DEV_GET}).number(NETDEV_A_DEV_IFINDEX, found.index);
  SKEP_TRY(const auto replies, netlink->ask(request, subject));
  XdpFeatures features;
  for (const NetlinkReply& reply : replies) {
    SKEP_TRY_IN(subject, const auto attributes, reply.attributes(sizeof(genlmsghdr)));
    features.bits = attributes.number<u64>(NETDEV_A_DEV_XDP_FEATURES).value_or(0);
    features.zero_copy_max_segments = attributes.number<u32>(NETDEV_A_DEV_XDP_ZC_MAX_SEGS).value_or(0);
    features.rx_metadata = attributes.number<u64>(NETDEV_A_DEV_XDP_RX_METADATA_FEATURES).value_or(0);
  }
  return features;
}

Result<std::unique_ptr<Attachment>> attach_xdp_by_netlink(const Program& program, const XdpTarget& target,
                                                          std::shared_ptr<Netlink> netlink,
                                                          const FoundDevice& device) {
  SKEP_TRY(Fd copy, duplicate(program.fd()));
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(netlink->kernel(), copy.raw()));
  XdpSet want{.index = device.index, .prog_fd = copy.raw(), .mode = target.mode};
  want.expected_fd = target.replaces != nullptr ? target.replaces->fd().raw() : -1;
  want.only_new = target.replaces == nullptr && !target.replace_any;
  SKEP_CHECK_IN(cat("xdp on ", device.name), set_xdp(*netlink, want));
  return std::make_unique<XdpOnDevice>(std::move(netlink), device, target.mode, std::move(copy), info.id);
}

}  // namespace skep::attach

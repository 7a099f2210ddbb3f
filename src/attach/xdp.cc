#include "skep/xdp.h"

#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/device.h"
#include "attach/refusal.h"
#include "attach/xdp_netlink.h"
#include "base/result.h"
#include "kernel/link.h"
#include "load/this_machine.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace {

constexpr attach::Needs link_needs{.noun = "XDP links", .since = {5, 9}};

std::string busy_text(attach::Netlink& netlink, u32 index) {
  const auto status = attach::xdp_status(netlink, {.index = index});
  std::string text;
  if (!status) {
    return text;
  }
  const std::pair<XdpMode, u32> modes[] = {{XdpMode::native, status->native_id},
                                           {XdpMode::generic, status->generic_id},
                                           {XdpMode::offload, status->offload_id}};
  for (const auto& [mode, id] : modes) {
    if (id != 0) {
      text += cat(text.empty() ? "; it runs program " : " and ", id, " (", name_of(mode), ")");
    }
  }
  return text;
}

Error explained(Error error, attach::Netlink& netlink, u32 index) {
  const int why = error.sys_errno();
  if (why == EBUSY || why == EEXIST) {
    return Error(Errc::busy, cat(error.message(), busy_text(netlink, index)), why);
  }
  if (why == EOPNOTSUPP) {
    return Error(
        Errc::unsupported,
        cat(error.message(), "; the driver cannot run it so, XdpMode::generic works with any device"), why);
  }
  return error;
}

/// The mode to detach from: with any, that of the program which is there. Without it the kernel looks only where the driver would have one.
XdpMode mode_there(const XdpStatus& status, XdpMode mode) {
  if (mode != XdpMode::any) {
    return mode;
  }
  for (const XdpMode each : {XdpMode::native, XdpMode::generic, XdpMode::offload}) {
    if (attach::xdp_program_at(status, each) != 0) {
      return each;
    }
  }
  return mode;
}

}  // namespace

std::string_view name_of(XdpMode mode) {
  switch (mode) {
    case XdpMode::any: return "any";
    case XdpMode::native: return "native";
    case XdpMode::generic: return "generic";
    case XdpMode::offload: return "offload";
  }
  return "unknown";
}

Result<Link> attach_xdp(const Program& program, const XdpTarget& target, const AttachOptions& options) {
  kernel::Kernel& kernel = program.kernel();
  SKEP_TRY(const auto netlink, attach::Netlink::route(kernel));
  SKEP_TRY(const attach::FoundDevice device, attach::find_device(*netlink, target.device));
  const std::string place = cat("xdp on ", device.name);
  const host::Facts facts = attach::facts_for(program, options);
  using Way = XdpTarget::Way;
  const bool wants_netlink = target.way == Way::netlink || target.replaces != nullptr || target.replace_any;
  if (wants_netlink && target.way == Way::link) {
    return fail(Errc::invalid,
                cat(place, ": a link cannot replace what others attached; use XdpTarget::Way::netlink"));
  }
  if (!wants_netlink) {
    auto link = kernel::link_create(kernel, {.prog_fd = program.fd().raw(),
                                             .type = BPF_XDP,
                                             .ifindex = device.index,
                                             .flags = attach::xdp_mode_flags(target.mode)});
    if (link) {
      return attach::make_kernel_link(kernel, std::move(*link), place);
    }
    Error error = explained(std::move(link).error().within(place), *netlink, device.index);
    error = attach::with_reason(std::move(error), facts, options, link_needs);
    const bool is_too_old = error.sys_errno() == EINVAL && error.code() == Errc::unsupported;
    if (!is_too_old || target.way == Way::link) {
      return std::unexpected(std::move(error));
    }
  }
  auto attached = attach::attach_xdp_by_netlink(program, target, netlink, device);
  if (!attached) {
    Error error = explained(std::move(attached).error(), *netlink, device.index);
    return std::unexpected(
        attach::with_reason(std::move(error), facts, options, {.noun = "XDP", .since = {4, 8}}));
  }
  return Link(std::move(*attached), place);
}

Result<void> detach_xdp(const NetDevice& device, XdpMode mode, const Program* only) {
  kernel::Kernel& kernel = only != nullptr ? only->kernel() : load::this_kernel();
  SKEP_TRY(const auto netlink, attach::Netlink::route(kernel));
  SKEP_TRY(const attach::FoundDevice found, attach::find_device(*netlink, device));
  const std::string place = cat("xdp on ", found.name);
  SKEP_TRY_IN(place, const XdpStatus status, attach::xdp_status(*netlink, {.index = found.index}));
  const u32 present = mode == XdpMode::any ? u32{status.is_attached()} : attach::xdp_program_at(status, mode);
  if (present == 0) {
    return fail(Errc::not_found, cat(place, ": no program is attached in mode ", name_of(mode)));
  }
  auto done = attach::set_xdp(*netlink, {.index = found.index,
                                         .mode = mode_there(status, mode),
                                         .expected_fd = only != nullptr ? only->fd().raw() : -1});
  if (!done) {
    return std::unexpected(explained(std::move(done).error().within(place), *netlink, found.index));
  }
  return {};
}

Result<XdpStatus> query_xdp(const NetDevice& device) {
  SKEP_TRY(const auto netlink, attach::Netlink::route(load::this_kernel()));
  return attach::xdp_status(*netlink, device);
}

Result<XdpFeatures> query_xdp_features(const NetDevice& device) {
  return attach::xdp_features(load::this_kernel(), device);
}

}  // namespace skep

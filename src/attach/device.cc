#include "attach/device.h"

#include <cerrno>

#include "base/result.h"
#include "load/this_machine.h"

namespace skep::attach {
namespace {

constexpr std::size_t longest_name = 15;  // IFNAMSIZ without its NUL; longer ones are alternative names

std::string noun_of(const NetDevice& device) {
  return device.index != 0 ? cat("network device ", device.index) : cat("network device '", device.name, "'");
}

Result<std::vector<NetDevice>> all_devices(Netlink& netlink) {
  NetlinkWriter request(RTM_GETLINK, NLM_F_DUMP);
  request.fixed(ifinfomsg{}).number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  SKEP_TRY(const auto replies, netlink.ask(request, "list network devices"));
  std::vector<NetDevice> devices;
  for (const NetlinkReply& reply : replies) {
    SKEP_TRY_IN("list network devices", const auto head, reply.fixed<ifinfomsg>());
    SKEP_TRY_IN("list network devices", const auto attributes, reply.attributes(sizeof(ifinfomsg)));
    devices.push_back(
        {.name = std::string(attributes.text(IFLA_IFNAME)), .index = static_cast<u32>(head.index)});
  }
  return devices;
}

/// The names of all devices; none where they cannot be had, since this is for a message only.
std::vector<std::string> all_names(Netlink& netlink) {
  std::vector<std::string> names;
  if (auto devices = all_devices(netlink)) {
    for (NetDevice& device : *devices) {
      names.push_back(std::move(device.name));
    }
  }
  return names;
}

std::unexpected<Error> no_device(Netlink& netlink, const NetDevice& device) {
  std::string text = cat(noun_of(device), ": there is none in this network namespace");
  if (device.index == 0) {
    const std::vector<std::string> names = all_names(netlink);
    const auto near = nearest(device.name, {names.begin(), names.end()});
    text += near.empty()
                ? names.empty() || names.size() > 12 ? std::string() : cat("; it has ", join(names, ", "))
                : cat("; did you mean ", join(near, ", "), "?");
  }
  return std::unexpected(Error(Errc::not_found, std::move(text), ENODEV));
}

}  // namespace

Result<NetlinkReply> describe_device(Netlink& netlink, const NetDevice& device) {
  if (device.index == 0 && device.name.empty()) {
    return fail(Errc::invalid, "network device: want a name or an index, have neither");
  }
  NetlinkWriter request(RTM_GETLINK, 0);
  request.fixed(ifinfomsg{.index = static_cast<s32>(device.index)});
  request.number(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  if (device.index == 0) {
    request.text(device.name.size() > longest_name ? IFLA_ALT_IFNAME : IFLA_IFNAME, device.name);
  }
  auto replies = netlink.ask(request, noun_of(device));
  if (!replies) {
    // ERANGE and EINVAL are for names that cannot be any device's.
    const int why = replies.error().sys_errno();
    const bool is_absent = why == ENODEV || (device.index == 0 && (why == EINVAL || why == ERANGE));
    return is_absent ? no_device(netlink, device) : std::unexpected(std::move(replies).error());
  }
  for (NetlinkReply& reply : *replies) {
    if (reply.type == RTM_NEWLINK) {
      return std::move(reply);
    }
  }
  return fail(Errc::malformed, cat(noun_of(device), ": the kernel's answer does not describe it"));
}

Result<FoundDevice> find_device(Netlink& netlink, const NetDevice& device) {
  SKEP_TRY(const NetlinkReply reply, describe_device(netlink, device));
  SKEP_TRY_IN(noun_of(device), const auto head, reply.fixed<ifinfomsg>());
  SKEP_TRY_IN(noun_of(device), const auto attributes, reply.attributes(sizeof(ifinfomsg)));
  return FoundDevice{.index = static_cast<u32>(head.index),
                     .name = std::string(attributes.text(IFLA_IFNAME))};
}

Result<FoundDevice> find_device(kernel::Kernel& kernel, const NetDevice& device) {
  SKEP_TRY(const auto netlink, Netlink::route(kernel));
  return find_device(*netlink, device);
}

}  // namespace skep::attach

namespace skep {

Result<std::vector<NetDevice>> network_devices() {
  SKEP_TRY(const auto netlink, attach::Netlink::route(load::this_kernel()));
  return attach::all_devices(*netlink);
}

}  // namespace skep

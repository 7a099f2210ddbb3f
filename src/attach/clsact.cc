#include "attach/clsact.h"

#include <cerrno>
#include <map>

#include "attach/tc_netlink.h"
#include "base/result.h"

namespace skep::attach {
namespace {

struct All {
  std::mutex mutex;
  std::map<std::pair<Netlink*, u32>, std::weak_ptr<Clsact>> known;
};

All& all() {
  static All every;
  return every;
}

/// The kind of what takes the place that clsact needs; empty when the kernel does not say.
std::string kind_in_the_place_of_clsact(Netlink& netlink, const FoundDevice& device) {
  NetlinkWriter request(RTM_GETQDISC, 0);
  request.fixed(
      tcmsg{.index = static_cast<s32>(device.index), .handle = TC_H_CLSACT_HANDLE, .parent = TC_H_CLSACT});
  const auto replies = netlink.ask(request, "look at the discipline");
  if (!replies) {
    return {};
  }
  for (const NetlinkReply& reply : *replies) {
    if (reply.type == RTM_NEWQDISC) {
      const auto attributes = reply.attributes(sizeof(tcmsg));
      return attributes ? std::string(attributes->text(TCA_KIND)) : std::string();
    }
  }
  return {};
}

}  // namespace

Result<bool> make_clsact(Netlink& netlink, const FoundDevice& device) {
  NetlinkWriter request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
  request.fixed(
      tcmsg{.index = static_cast<s32>(device.index), .handle = TC_H_CLSACT_HANDLE, .parent = TC_H_CLSACT});
  request.text(TCA_KIND, "clsact");
  const std::string subject = cat("clsact on ", device.name);
  auto done = netlink.tell(request, subject);
  if (done) {
    return true;
  }
  if (done.error().sys_errno() == EEXIST) {
    const std::string kind = kind_in_the_place_of_clsact(netlink, device);
    if (!kind.empty() && kind != "clsact") {
      return std::unexpected(Error(
          Errc::busy, cat(subject, ": its place is taken by a discipline of kind '", kind, "'"), EEXIST));
    }
    return false;
  }
  return std::unexpected(without_module(std::move(done).error(), "CONFIG_NET_SCH_INGRESS"));
}

Result<void> remove_clsact(Netlink& netlink, const FoundDevice& device) {
  NetlinkWriter request(RTM_DELQDISC, 0);
  request.fixed(
      tcmsg{.index = static_cast<s32>(device.index), .handle = TC_H_CLSACT_HANDLE, .parent = TC_H_CLSACT});
  request.text(TCA_KIND, "clsact");
  auto done = netlink.tell(request, cat("remove clsact from ", device.name));
  if (!done && (done.error().sys_errno() == EINVAL || done.error().sys_errno() == ENOENT)) {
    return std::unexpected(
        Error(Errc::not_found, cat(done.error().message(), "; it has none"), done.error().sys_errno()));
  }
  return done;
}

std::shared_ptr<Clsact> Clsact::of(const std::shared_ptr<Netlink>& netlink, u32 index) {
  const std::lock_guard lock(all().mutex);
  std::erase_if(all().known, [](const auto& entry) { return entry.second.expired(); });
  std::weak_ptr<Clsact>& known = all().known[{netlink.get(), index}];
  if (auto clsact = known.lock()) {
    return clsact;
  }
  auto clsact = std::make_shared<Clsact>(netlink, index);
  known = clsact;
  return clsact;
}

Result<void> Clsact::make(const FoundDevice& device) {
  SKEP_TRY(const bool made, make_clsact(*netlink_, device));
  is_ours_ |= made;
  return {};
}

Result<void> Clsact::leave() {
  if (!is_ours_) {
    return {};
  }
  for (const u32 parent : {TC_H_CLSACT_INGRESS, TC_H_CLSACT_EGRESS}) {
    SKEP_TRY(const bool used, has_filters(*netlink_, index_, parent));
    if (used) {
      return {};
    }
  }
  is_ours_ = false;
  auto done = remove_clsact(*netlink_, {.index = index_, .name = cat("device ", index_)});
  const bool is_gone =
      !done && (done.error().code() == Errc::not_found || done.error().sys_errno() == ENODEV);
  return is_gone ? Result<void>() : std::move(done);
}

}  // namespace skep::attach

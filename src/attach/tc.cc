// Filters of the clsact queueing discipline, by netlink.
#include "skep/tc.h"

#include <cerrno>

#include "attach/by_section.h"
#include "attach/refusal.h"
#include "attach/tc_netlink.h"
#include "base/result.h"
#include "load/this_machine.h"

namespace skep {
namespace {

std::string noun_of(const attach::FoundDevice& device, const TcHook& hook) {
  return hook.parent != 0 ? cat("tc on ", device.name, " at ", hex(hook.parent))
                          : cat("tc ", name_of(hook.direction), " on ", device.name);
}

u32 parent_of(const TcHook& hook) {
  if (hook.parent != 0) {
    return hook.parent;
  }
  return hook.direction == TcDirection::ingress ? attach::TC_H_CLSACT_INGRESS : attach::TC_H_CLSACT_EGRESS;
}

Result<Link> attach_filter(const Program& program, const TcTarget& target, attach::FilterKind kind,
                           const AttachOptions& options) {
  SKEP_TRY(auto netlink, attach::Netlink::route(program.kernel()));
  SKEP_TRY(const attach::FoundDevice device, attach::find_device(*netlink, target.hook.device));
  const std::string place = noun_of(device, target.hook);
  if (target.priority > 0xffff) {
    return fail(Errc::invalid, cat(place, ": want a priority of at most 65535, have ", target.priority));
  }
  if (target.replace && (target.priority == 0 || target.handle == 0)) {
    return fail(Errc::invalid, cat(place, ": want the priority and the handle of the filter to replace"));
  }
  const auto clsact =
      target.hook.parent == 0 ? attach::Clsact::of(netlink, device.index) : std::shared_ptr<attach::Clsact>();
  const auto lock = clsact ? clsact->lock() : std::unique_lock<std::mutex>();
  if (target.make_clsact && clsact) {
    if (auto made = clsact->make(device); !made) {
      return std::unexpected(attach::with_reason(std::move(made).error(), attach::facts_for(program, options),
                                                 options, {.noun = "clsact", .since = {4, 5}}));
    }
  }
  const attach::FilterRequest request{.kind = kind,
                                      .at = {.index = device.index,
                                             .parent = parent_of(target.hook),
                                             .priority = target.priority,
                                             .handle = target.handle},
                                      .replace = target.replace,
                                      .name = target.name.empty() ? std::string(program.name()) : target.name,
                                      .clsact = clsact};
  auto filter = attach::attach_filter(program, request, netlink);
  if (!filter) {
    if (clsact) {
      (void)clsact->leave();
    }
    return std::unexpected(attach::with_reason(std::move(filter).error().within(place),
                                               attach::facts_for(program, options), options,
                                               {.noun = "filters with programs", .since = {4, 5}}));
  }
  return Link(std::move(*filter), place);
}

}  // namespace

Result<bool> create_clsact(const NetDevice& device) {
  SKEP_TRY(const auto netlink, attach::Netlink::route(load::this_kernel()));
  SKEP_TRY(const attach::FoundDevice found, attach::find_device(*netlink, device));
  return attach::make_clsact(*netlink, found);
}

Result<void> destroy_clsact(const NetDevice& device) {
  SKEP_TRY(const auto netlink, attach::Netlink::route(load::this_kernel()));
  SKEP_TRY(const attach::FoundDevice found, attach::find_device(*netlink, device));
  return attach::remove_clsact(*netlink, found);
}

Result<Link> attach_tc(const Program& program, const TcTarget& target, const AttachOptions& options) {
  return attach_filter(program, target, attach::FilterKind::program, options);
}

Result<Link> attach_tc_action(const Program& program, const TcTarget& target, const AttachOptions& options) {
  return attach_filter(program, target, attach::FilterKind::action, options);
}

Result<std::vector<TcFilter>> query_tc(const TcHook& hook) {
  SKEP_TRY(const auto netlink, attach::Netlink::route(load::this_kernel()));
  SKEP_TRY(const attach::FoundDevice device, attach::find_device(*netlink, hook.device));
  SKEP_TRY_IN(noun_of(device, hook), auto filters,
              attach::list_filters(*netlink, device.index, parent_of(hook)));
  return filters;
}

Result<void> detach_tc(const TcHook& hook, u32 priority, u32 handle) {
  SKEP_TRY(const auto netlink, attach::Netlink::route(load::this_kernel()));
  SKEP_TRY(const attach::FoundDevice device, attach::find_device(*netlink, hook.device));
  const std::string place = noun_of(device, hook);
  if (priority == 0 || handle == 0) {
    return fail(Errc::invalid, cat(place, ": want the priority and the handle of the filter to delete"));
  }
  SKEP_CHECK_IN(
      place, attach::delete_filter(
                 *netlink,
                 {.index = device.index, .parent = parent_of(hook), .priority = priority, .handle = handle},
                 attach::FilterKind::program));
  return {};
}

}  // namespace skep

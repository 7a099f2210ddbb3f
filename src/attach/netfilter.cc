#include "skep/netfilter.h"

#include <cerrno>
#include <limits>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "kernel/link.h"
#include "skep/uapi/flags.h"

namespace skep {

std::string_view name_of(NetfilterTarget::Hook hook) {
  using Hook = NetfilterTarget::Hook;
  switch (hook) {
    case Hook::pre_routing: return "prerouting";
    case Hook::local_in: return "input";
    case Hook::forward: return "forward";
    case Hook::local_out: return "output";
    case Hook::post_routing: return "postrouting";
  }
  return "unknown";
}

Result<Link> attach_netfilter(const Program& program, const NetfilterTarget& target,
                              const AttachOptions& options) {
  kernel::Kernel& kernel = program.kernel();
  const std::string place = cat("netfilter ", target.family == NetfilterTarget::Family::ipv4 ? "ip" : "ip6",
                                " ", name_of(target.hook), " at priority ", target.priority);
  if (target.priority == std::numeric_limits<s32>::min() ||
      target.priority == std::numeric_limits<s32>::max()) {
    return fail(Errc::invalid, cat(place, ": the kernel keeps this priority for itself"));
  }
  constexpr s32 after_defrag = -400;
  if (target.defrag && target.priority <= after_defrag) {
    return fail(Errc::invalid,
                cat(place, ": want a priority greater than ", after_defrag, " to see reassembled packets"));
  }
  auto link = kernel::link_create_netfilter(kernel, {.prog_fd = program.fd().raw(), .type = BPF_NETFILTER},
                                            {.family = static_cast<u32>(target.family),
                                             .hook = static_cast<u32>(target.hook),
                                             .priority = target.priority,
                                             .flags = target.defrag ? BPF_F_NETFILTER_IP_DEFRAG : 0});
  if (link) {
    return attach::make_kernel_link(kernel, std::move(*link), place);
  }
  Error error = std::move(link).error().within(place);
  if (error.sys_errno() == EBUSY) {
    return std::unexpected(
        Error(Errc::busy, cat(error.message(), "; another program has this priority"), EBUSY));
  }
  const attach::Needs needs{
      .noun = target.defrag ? "reassembled packets for netfilter programs" : "netfilter links",
      .since = target.defrag ? host::Release{6, 6} : host::Release{6, 4},
      .config = "CONFIG_NETFILTER_BPF_LINK"};
  return std::unexpected(
      attach::with_reason(std::move(error), attach::facts_for(program, options), options, needs));
}

}  // namespace skep

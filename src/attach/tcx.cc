// tcx and netkit: lists of programs at a device, by link.
#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/device.h"
#include "attach/list_place.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "load/this_machine.h"
#include "skep/tc.h"

namespace skep {
namespace {

constexpr attach::Needs tcx_needs{.noun = "tcx", .since = {6, 6}, .config = "CONFIG_NET_XGRESS"};
constexpr attach::Needs netkit_needs{.noun = "netkit", .since = {6, 7}, .config = "CONFIG_NETKIT"};

bpf_attach_type tcx_type(TcDirection direction) {
  return direction == TcDirection::ingress ? BPF_TCX_INGRESS : BPF_TCX_EGRESS;
}

Result<ProgramList> query(const NetDevice& device, bpf_attach_type type, const attach::Needs& needs) {
  kernel::Kernel& kernel = load::this_kernel();
  SKEP_TRY(const attach::FoundDevice found, attach::find_device(kernel, device));
  auto list = attach::list_programs(kernel, static_cast<int>(found.index), type, 0,
                                    cat(needs.noun, " on ", found.name));
  if (!list) {
    return std::unexpected(
        attach::with_reason(std::move(list).error(), host::facts_of_this_machine(&kernel), {}, needs));
  }
  return list;
}

}  // namespace

std::string_view name_of(TcDirection direction) {
  return direction == TcDirection::ingress ? "ingress" : "egress";
}

Result<Link> attach_tcx(const Program& program, const TcxTarget& target, const AttachOptions& options) {
  kernel::Kernel& kernel = program.kernel();
  SKEP_TRY(const attach::KernelPlace at, attach::kernel_place(target.place));
  SKEP_TRY(const attach::FoundDevice device, attach::find_device(kernel, target.device));
  const bpf_attach_type type = tcx_type(target.direction);
  const std::string place = cat("tcx ", name_of(target.direction), " on ", device.name);
  auto link = kernel::link_create_tcx(
      kernel, {.prog_fd = program.fd().raw(), .type = type, .ifindex = device.index, .flags = at.flags},
      at.position);
  if (link) {
    return attach::make_kernel_link(kernel, std::move(*link), place);
  }
  Error error = attach::with_reason(std::move(link).error().within(place),
                                    attach::facts_for(program, options), options, tcx_needs);
  if (error.code() == Errc::unsupported && target.or_clsact && !at.is_special()) {
    return attach_tc(program,
                     {.hook = {.device = {.name = {}, .index = device.index}, .direction = target.direction}},
                     options);
  }
  return std::unexpected(
      attach::with_list(std::move(error), kernel, static_cast<int>(device.index), type, target.place));
}

Result<ProgramList> query_tcx(const NetDevice& device, TcDirection direction) {
  return query(device, tcx_type(direction), tcx_needs);
}

Result<Link> attach_netkit(const Program& program, const NetkitTarget& target, const AttachOptions& options) {
  kernel::Kernel& kernel = program.kernel();
  const bpf_attach_type type = program.traits().expected_attach_type;
  if (type != BPF_NETKIT_PRIMARY && type != BPF_NETKIT_PEER) {
    return fail(Errc::invalid,
                cat("program '", program.name(), "': want section netkit/primary or netkit/peer, have ",
                    program.traits().section));
  }
  SKEP_TRY(const attach::KernelPlace at, attach::kernel_place(target.place));
  SKEP_TRY(const attach::FoundDevice device, attach::find_device(kernel, target.device));
  const std::string place = cat("netkit ", type == BPF_NETKIT_PEER ? "peer" : "primary", " on ", device.name);
  auto link = kernel::link_create_netkit(
      kernel, {.prog_fd = program.fd().raw(), .type = type, .ifindex = device.index, .flags = at.flags},
      at.position);
  if (link) {
    return attach::make_kernel_link(kernel, std::move(*link), place);
  }
  const int why = link.error().sys_errno();
  if (why == ENXIO || why == EACCES) {
    return std::unexpected(Error(
        Errc::invalid,
        cat(place, ": ", link.error().message(),
            why == ENXIO ? "; it is no netkit device" : "; it is the pair's peer: name the primary device"),
        why));
  }
  Error error = attach::with_reason(std::move(link).error().within(place),
                                    attach::facts_for(program, options), options, netkit_needs);
  return std::unexpected(
      attach::with_list(std::move(error), kernel, static_cast<int>(device.index), type, target.place));
}

Result<ProgramList> query_netkit(const NetDevice& device, bool peer) {
  return query(device, peer ? BPF_NETKIT_PEER : BPF_NETKIT_PRIMARY, netkit_needs);
}

}  // namespace skep

// Traffic control: programs that see packets between the network stack and a device. Three ways: filters of the clsact queueing discipline (any kernel), tcx links (Linux
// 6.6) and netkit devices (6.7).
#pragma once

#include "skep/net.h"

namespace skep {

/// Which way the packets go, as the device sees it.
enum class TcDirection : u8 { ingress, egress };
std::string_view name_of(TcDirection direction);

/// A place for filters.
struct TcHook {
  NetDevice device;
  TcDirection direction = TcDirection::ingress;
  u32 parent =
      0;  ///< another class or queueing discipline than clsact: its handle, major << 16 | minor; 0: clsact
};

/// Gives the device a clsact queueing discipline, which has both hooks. False: it has one already. Errors: not_found (no such device), unsupported (the kernel lacks
/// CONFIG_NET_SCH_INGRESS, or the module is not there), busy (an ingress discipline is in its place), denied, kernel. Since Linux 4.5.
Result<bool> create_clsact(const NetDevice& device);
/// Takes it away, and all filters of both hooks with it, whoever made them. Errors: not_found (none is there), denied, kernel.
Result<void> destroy_clsact(const NetDevice& device);

/// Where and how a filter is made.
struct TcTarget {
  TcHook hook;
  u32 priority = 0;  ///< 1 to 65535, smaller runs earlier; 0: the kernel chooses one that is free
  u32 handle = 0;    ///< tells filters of one priority apart; 0: the kernel chooses
  bool replace =
      false;  ///< take the place of the filter with this priority and handle, if there is one; of an action that of the program in it
  bool make_clsact =
      true;  ///< make the clsact discipline if it is missing; whichever of a process's Links on the device is the last to go takes it away, if no filters of others are there
  std::string name;  ///< shown by `tc filter show`; empty: the program's name
};

/// Attaches a program (sections tc, tc/ingress, tc/egress, classifier) as a filter in direct-action mode. The filter stays when this process dies. detach() deletes this filter
/// alone, and not even this one if another program has taken its place. Link::update() replaces the program atomically.
/// Errors: not_found (no such device; no clsact there), busy (EEXIST: priority and handle are taken), unsupported (CONFIG_NET_CLS_BPF), invalid, denied, kernel. Since Linux 4.5.
Result<Link> attach_tc(const Program& program, const TcTarget& target, const AttachOptions& options = {});
/// Attaches a program of section action: as the action of a filter that matches all packets (CONFIG_NET_CLS_MATCHALL, CONFIG_NET_ACT_BPF). Target and errors as attach_tc(). A matchall filter cannot be
/// replaced; Link::update() and `replace` put the program into its action, atomically.
Result<Link> attach_tc_action(const Program& program, const TcTarget& target,
                              const AttachOptions& options = {});

/// A filter that runs a program.
struct TcFilter {
  u32 priority = 0;
  u32 handle = 0;
  u32 chain = 0;
  u32 program_id = 0;
  std::string name;
};

/// The bpf filters at a hook, in the kernel's order. Errors: not_found (no such device), kernel. An absent clsact has no filters.
Result<std::vector<TcFilter>> query_tc(const TcHook& hook);
/// Deletes the bpf filter of this priority and handle, whoever made it. Errors: not_found, denied, kernel.
Result<void> detach_tc(const TcHook& hook, u32 priority, u32 handle);

/// Where a tcx link goes.
struct TcxTarget {
  NetDevice device;
  TcDirection direction = TcDirection::ingress;
  ListPlace place;
  bool or_clsact =
      false;  ///< on kernels without tcx: as a clsact filter (attach_tc()); `place` must then be Where::last without an expected revision
};

/// Attaches a program (sections tcx/ingress, tcx/egress, tc and their kin) by a tcx link, in the order that `place` says. Errors: not_found (no such device, no such anchor),
/// kernel (ESTALE: the list has changed), unsupported (needs Linux 6.6 and CONFIG_NET_XGRESS), denied, invalid.
Result<Link> attach_tcx(const Program& program, const TcxTarget& target, const AttachOptions& options = {});
/// The programs at a device's tcx hook. Errors: not_found, unsupported, kernel. Since Linux 6.6.
Result<ProgramList> query_tcx(const NetDevice& device, TcDirection direction);

/// Where a netkit link goes.
struct NetkitTarget {
  NetDevice device;  ///< the primary device of a netkit pair, also for programs of its peer
  ListPlace place;
};

/// Attaches a program of section netkit/primary or netkit/peer to a netkit pair. Errors: as attach_tcx(); invalid (no netkit device, or its peer end), unsupported (needs Linux
/// 6.7 and CONFIG_NETKIT).
Result<Link> attach_netkit(const Program& program, const NetkitTarget& target,
                           const AttachOptions& options = {});
/// The programs of a netkit pair's primary (`peer` false) or peer end. Errors: as query_tcx(). Since Linux 6.7.
Result<ProgramList> query_netkit(const NetDevice& device, bool peer);

}  // namespace skep

// Netfilter: programs beside the rules of nftables and iptables. Since Linux 6.4.
#pragma once

#include "skep/net.h"

namespace skep {

/// A packet hook and where among its users.
struct NetfilterTarget {
  enum class Family : u8 { ipv4 = 2, ipv6 = 10 };
  enum class Hook : u8 { pre_routing, local_in, forward, local_out, post_routing };
  Family family = Family::ipv4;
  Hook hook = Hook::local_in;
  s32 priority =
      0;  ///< smaller runs earlier; INT_MIN and INT_MAX are the kernel's own; two programs cannot have the same
  bool defrag = false;  ///< reassemble fragments first (6.6); priority must then be greater than -400
};

/// The hook's name as nftables has it: "prerouting", "input", ...
std::string_view name_of(NetfilterTarget::Hook hook);

/// Attaches a program of section netfilter to a hook of this thread's network namespace. Errors: busy (the priority is taken), unsupported (needs Linux 6.4 and
/// CONFIG_NETFILTER_BPF_LINK), invalid (priority), denied, kernel.
Result<Link> attach_netfilter(const Program& program, const NetfilterTarget& target,
                              const AttachOptions& options = {});

}  // namespace skep

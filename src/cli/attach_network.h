// Attaching to a place of the network that the command line names.
#pragma once

#include <string>

#include "base/result.h"
#include "skep/link.h"
#include "skep/object.h"

namespace skep::cli {

/// The option that says where a kind of program goes.
enum class NetworkOption : u8 { none, iface, cgroup, netns, map, route, hook, lirc };

/// What options say of a place; empty: not said.
struct NetworkPlace {
  std::string iface;   ///< a network device: XDP, tc, tcx, netkit, routes
  std::string cgroup;  ///< a cgroup's directory
  std::string netns;   ///< a network namespace: sk_lookup, flow_dissector
  std::string lirc;    ///< an infra-red receiver
  std::string map;     ///< a socket map of the object
  std::string
      hook;  ///< where the section leaves it open: "egress" (tc, tcx), an attach type ("cgroup_inet_egress", "sk_skb_verdict"), "ip6 forward" (netfilter)
  std::string mode;      ///< XDP: "native", "generic", "offload"
  std::string route;     ///< the destination of a route
  std::string priority;  ///< a number: tc filters and netfilter
};

/// The option without which programs of this type have no place.
NetworkOption option_for(bpf_prog_type type);

/// Attaches one program. Errors: invalid (an option is missing, or says what there is not), and those of the family's function.
Result<Link> attach_network(Object& object, const Program& program, const NetworkPlace& place);

}  // namespace skep::cli

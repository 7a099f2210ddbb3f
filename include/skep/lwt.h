// Light-weight tunnels: programs on a route, which see the packets that it carries.
#pragma once

#include "skep/net.h"

namespace skep {

/// A route to make.
struct RouteTarget {
  std::string destination;  ///< "10.1.0.0/16", "2001:db8::1/128"; without a length the one address
  NetDevice device;         ///< where the packets leave
  std::string gateway;      ///< the next hop; empty: the destination is on the link
  u32 table = 0;            ///< 0: the main table
  u32 metric = 0;           ///< tells routes to one destination apart; 0: the kernel's default
  u32 headroom = 0;         ///< lwt_xmit: bytes that the program may put in front of a packet, at most 256
  bool replace =
      false;  ///< take the place of the route to this destination with this metric, if there is one
};

/// Makes a route whose packets a program sees (sections lwt_in, lwt_out, lwt_xmit, lwt_seg6local: which one follows from the program's type). detach() deletes the route, and not one that somebody else has put in its
/// place; it stays when this process dies. Link::update() replaces the route with one that has the other program. `ip route` shows the program as NAME:ID. Errors: invalid (an address that is none; seg6local is for IPv6), not_found (no such device), busy (EEXIST: such a route is there), unsupported (CONFIG_LWTUNNEL_BPF,
/// CONFIG_IPV6_SEG6_BPF), denied, kernel. Since Linux 4.10 (lwt_seg6local: 4.18).
Result<Link> attach_lwt(const Program& program, const RouteTarget& target, const AttachOptions& options = {});

}  // namespace skep

// What the rows of the network families need in a guest: devices, packets, sockets, a cgroup.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "attach/netlink.h"
#include "skep/error.h"
#include "skep/fd.h"

namespace skep::rows {

/// Two pairs of devices, made on first use and left for the guest's end: row0 and row1 (veth) and nk0 and nk1 (netkit, where the kernel has it), all up, with forwarding and addresses
/// 10.8.0.1/24 (row0) and 10.8.1.1/24 (row1). Loopback is up too. Errors: what netlink says.
Result<void> make_veth();
/// A further pair, and its end.
Result<void> make_veth(std::string_view first, std::string_view second);
Result<void> remove_device(std::string_view name);
Result<void> make_netkit();
/// Loopback with its addresses.
Result<void> raise_loopback();

/// Sends one frame out of `device`, to the address of its peer: IPv4 UDP from 10.8.0.77 to `destination`, or with SRv6 IPv6 from fc00:8::77 by way of fc00:9::1.
Result<void> send_ipv4(const std::string& device, const std::string& peer, std::string_view destination);
Result<void> send_srv6(const std::string& device, const std::string& peer);

/// A UDP datagram from a socket without a connection to one that is bound to loopback, and back out of it by recvfrom(); `family` AF_INET or AF_INET6.
Result<void> udp_round(int family);
/// The same with connect() and the names of both ends.
Result<void> udp_connected(int family);
/// Datagrams between named Unix sockets: sent with an address and connected, and the names of both ends.
Result<void> unix_round();
/// A datagram that leaves by the route to this address; nobody answers.
Result<void> udp_to(std::string_view address);

/// Two ends of a TCP connection on loopback.
struct TcpPair {
  Fd client;
  Fd server;
};
Result<TcpPair> tcp_pair();
/// A UDP socket on loopback and the port that it has; with `shared`, SO_REUSEPORT.
struct Bound {
  Fd fd;
  u16 port = 0;
};
Result<Bound> bound_udp(bool shared, u16 port = 0);
Result<void> send_udp(u16 port);

/// A cgroup of our own that this process is in from then on: its path. cgroup v2 is mounted where it is not yet.
Result<std::string> own_cgroup();
/// A directory below it that nobody is in: its path.
Result<std::string> empty_cgroup(std::string_view name);

}  // namespace skep::rows

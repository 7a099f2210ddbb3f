#include "network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "attach/device.h"
#include "base/file.h"
#include "base/result.h"
#include "kernel/host_kernel.h"
#include "load/this_machine.h"

namespace skep::rows {
namespace {

using namespace attach;

/// The result of a call of libc's, with its name.
Result<int> did(int raw, std::string_view what) {
  return raw < 0 ? Result<int>(fail_errno(errno, std::string(what))) : Result<int>(raw);
}

Result<void> write_text(const std::string& path, std::string_view text) {
  SKEP_TRY(const int raw, did(::open(path.c_str(), O_WRONLY | O_CLOEXEC), path));
  const Fd file(raw);
  SKEP_CHECK(did(static_cast<int>(::write(raw, text.data(), text.size())), path));
  return {};
}

constexpr u16 IFLA_LINKINFO_ = 18, IFLA_INFO_KIND_ = 1, IFLA_INFO_DATA_ = 2;

struct ifaddrmsg_ {
  u8 family, bits, flags, scope;
  u32 index;
};

Result<void> raise(Netlink& netlink, u32 index) {
  NetlinkWriter request(RTM_NEWLINK, 0);
  request.fixed(ifinfomsg{.index = static_cast<s32>(index), .flags = IFF_UP, .change = IFF_UP});
  return netlink.tell(request, "raise a device");
}

Result<void> make_pair(std::string_view kind, u16 peer_attribute, std::string_view first,
                       std::string_view second) {
  SKEP_TRY(const auto netlink, Netlink::route(load::this_kernel()));
  if (find_device(*netlink, {.name = std::string(first)})) {
    return {};
  }
  NetlinkWriter request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  request.fixed(ifinfomsg{}).text(IFLA_IFNAME, first).open(IFLA_LINKINFO_).text(IFLA_INFO_KIND_, kind);
  request.open(IFLA_INFO_DATA_);
  if (kind == "netkit") {
    request.number(u16{5}, u32{0});  // IFLA_NETKIT_MODE: with link layer
  }
  request.open(peer_attribute).fixed(ifinfomsg{}).text(IFLA_IFNAME, second).close().close().close();
  SKEP_CHECK(netlink->tell(request, cat("make a pair of ", kind)));
  for (const std::string_view name : {first, second}) {
    SKEP_TRY(const auto device, find_device(*netlink, {.name = std::string(name)}));
    SKEP_CHECK(raise(*netlink, device.index));
  }
  return {};
}

Result<void> add_address(std::string_view device, std::string_view address) {
  SKEP_TRY(const auto netlink, Netlink::route(load::this_kernel()));
  SKEP_TRY(const auto found, find_device(*netlink, {.name = std::string(device)}));
  in_addr bytes{};
  ::inet_pton(AF_INET, std::string(address).c_str(), &bytes);
  NetlinkWriter request(20 /* RTM_NEWADDR */, NLM_F_CREATE | NLM_F_REPLACE);
  request.fixed(ifaddrmsg_{.family = AF_INET, .bits = 24, .flags = 0, .scope = 0, .index = found.index});
  request.attribute(2 /* IFA_LOCAL */, bytes_of(bytes)).attribute(1 /* IFA_ADDRESS */, bytes_of(bytes));
  return netlink->tell(request, "add an address");
}

Result<std::array<u8, 6>> hardware_address(const std::string& device) {
  SKEP_TRY(const int raw, did(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  const Fd socket(raw);
  ifreq request{};
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  SKEP_CHECK(did(::ioctl(raw, SIOCGIFHWADDR, &request), device));
  std::array<u8, 6> address;
  std::memcpy(address.data(), request.ifr_hwaddr.sa_data, address.size());
  return address;
}

Result<void> send_frame(const std::string& device, const std::string& peer, u16 protocol,
                        std::span<const u8> packet) {
  SKEP_TRY(const auto to, hardware_address(peer));
  SKEP_TRY(const auto from, hardware_address(device));
  SKEP_TRY(const int raw,
           did(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(protocol)), "socket AF_PACKET"));
  const Fd socket(raw);
  std::vector<u8> frame(to.begin(), to.end());
  frame.insert(frame.end(), from.begin(), from.end());
  frame.push_back(static_cast<u8>(protocol >> 8));
  frame.push_back(static_cast<u8>(protocol));
  frame.insert(frame.end(), packet.begin(), packet.end());
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = static_cast<int>(::if_nametoindex(device.c_str()));
  SKEP_CHECK(did(static_cast<int>(::sendto(raw, frame.data(), frame.size(), 0,
                                           reinterpret_cast<sockaddr*>(&address), sizeof address)),
                 cat("send a frame out of ", device)));
  return {};
}

/// The loopback address of a family.
struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address loopback(int family, u16 port) {
  Address address;
  if (family == AF_INET) {
    auto& four = reinterpret_cast<sockaddr_in&>(address.storage);
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.bytes = sizeof four;
  } else {
    auto& six = reinterpret_cast<sockaddr_in6&>(address.storage);
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    six.sin6_addr = in6addr_loopback;
    address.bytes = sizeof six;
  }
  return address;
}

Result<Fd> open_socket(int family, int type) {
  SKEP_TRY(const int raw, did(::socket(family, type | SOCK_CLOEXEC, 0), "socket"));
  Fd socket(raw);
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  SKEP_CHECK(did(::setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "setsockopt"));
  return socket;
}

Result<Address> name_of_socket(const Fd& socket) {
  Address address;
  address.bytes = sizeof address.storage;
  SKEP_CHECK(did(::getsockname(socket.raw(), address.get(), &address.bytes), "getsockname"));
  return address;
}

}  // namespace

Result<void> raise_loopback() {
  SKEP_TRY(const auto netlink, Netlink::route(load::this_kernel()));
  return raise(*netlink, 1);
}

Result<void> make_veth() {
  SKEP_CHECK(raise_loopback());
  SKEP_CHECK(write_text("/proc/sys/net/ipv4/ip_forward", "1"));
  SKEP_CHECK(write_text("/proc/sys/net/ipv6/conf/all/forwarding", "1"));
  SKEP_CHECK(make_pair("veth", 1, "row0", "row1"));
  SKEP_CHECK(add_address("row0", "10.8.0.1"));
  return add_address("row1", "10.8.1.1");
}

Result<void> make_veth(std::string_view first, std::string_view second) {
  return make_pair("veth", 1, first, second);
}

Result<void> remove_device(std::string_view name) {
  SKEP_TRY(const auto netlink, Netlink::route(load::this_kernel()));
  NetlinkWriter request(RTM_DELLINK, 0);
  request.fixed(ifinfomsg{}).text(IFLA_IFNAME, name);
  return netlink->tell(request, cat("remove ", name));
}

Result<void> make_netkit() {
  return make_pair("netkit", 1, "nk0", "nk1");
}

Result<void> send_ipv4(const std::string& device, const std::string& peer, std::string_view destination) {
  std::array<u8, 32> packet{0x45, 0, 0, 32, 0, 1, 0, 0, 64, IPPROTO_UDP, 0, 0, 10, 8, 0, 77};
  ::inet_pton(AF_INET, std::string(destination).c_str(), packet.data() + 16);
  u32 sum = 0;
  for (std::size_t at = 0; at < 20; at += 2) {
    sum += static_cast<u32>(packet[at] << 8 | packet[at + 1]);
  }
  sum = (sum & 0xffff) + (sum >> 16);
  sum = ~(sum + (sum >> 16));
  packet[10] = static_cast<u8>(sum >> 8);
  packet[11] = static_cast<u8>(sum);
  const u8 udp[] = {0x30, 0x39, 0x30, 0x39, 0, 12, 0, 0};
  std::memcpy(packet.data() + 20, udp, sizeof udp);
  return send_frame(device, peer, 0x0800, packet);
}

Result<void> send_srv6(const std::string& device, const std::string& peer) {
  // IPv6 header, a segment routing header of two segments with one left, a UDP header.
  std::array<u8, 40 + 40 + 8> packet{0x60, 0, 0, 0, 0, 48, 43 /* routing */, 64};
  ::inet_pton(AF_INET6, "fc00:8::77", packet.data() + 8);
  ::inet_pton(AF_INET6, "fc00:9::1", packet.data() + 24);
  const u8 segments[] = {IPPROTO_UDP, 4, 4 /* segment routing */, 1 /* left */, 1 /* last */, 0, 0, 0};
  std::memcpy(packet.data() + 40, segments, sizeof segments);
  ::inet_pton(AF_INET6, "fc00:a::1", packet.data() + 48);
  ::inet_pton(AF_INET6, "fc00:9::1", packet.data() + 64);
  const u8 udp[] = {0x30, 0x39, 0x30, 0x39, 0, 8, 0x12, 0x34};
  std::memcpy(packet.data() + 80, udp, sizeof udp);
  return send_frame(device, peer, 0x86dd, packet);
}

Result<void> udp_round(int family) {
  SKEP_TRY(const Fd to, open_socket(family, SOCK_DGRAM));
  SKEP_TRY(const Fd from, open_socket(family, SOCK_DGRAM));
  Address any = loopback(family, 0);
  SKEP_CHECK(did(::bind(to.raw(), any.get(), any.bytes), "bind"));
  SKEP_TRY(Address target, name_of_socket(to));
  SKEP_CHECK(did(static_cast<int>(::sendto(from.raw(), "x", 1, 0, target.get(), target.bytes)), "sendto"));
  Address sender;
  sender.bytes = sizeof sender.storage;
  char byte = 0;
  SKEP_CHECK(
      did(static_cast<int>(::recvfrom(to.raw(), &byte, 1, 0, sender.get(), &sender.bytes)), "recvfrom"));
  return {};
}

Result<void> udp_connected(int family) {
  SKEP_TRY(const Fd from, open_socket(family, SOCK_DGRAM));
  Address target = loopback(family, 9);
  SKEP_CHECK(did(::connect(from.raw(), target.get(), target.bytes), "connect"));
  SKEP_CHECK(name_of_socket(from));
  Address peer;
  peer.bytes = sizeof peer.storage;
  SKEP_CHECK(did(::getpeername(from.raw(), peer.get(), &peer.bytes), "getpeername"));
  return {};
}

Result<void> unix_round() {
  SKEP_TRY(const Fd to, open_socket(AF_UNIX, SOCK_DGRAM));
  SKEP_TRY(const Fd from, open_socket(AF_UNIX, SOCK_DGRAM));
  // Without a name bind() gives the socket one of the abstract kind.
  const sa_family_t family = AF_UNIX;
  for (const Fd* each : {&to, &from}) {
    SKEP_CHECK(did(::bind(each->raw(), reinterpret_cast<const sockaddr*>(&family), sizeof family), "bind"));
  }
  SKEP_TRY(Address target, name_of_socket(to));
  SKEP_CHECK(did(static_cast<int>(::sendto(from.raw(), "x", 1, 0, target.get(), target.bytes)), "sendto"));
  Address sender;
  sender.bytes = sizeof sender.storage;
  char byte = 0;
  SKEP_CHECK(
      did(static_cast<int>(::recvfrom(to.raw(), &byte, 1, 0, sender.get(), &sender.bytes)), "recvfrom"));
  SKEP_CHECK(did(::connect(from.raw(), target.get(), target.bytes), "connect"));
  Address peer;
  peer.bytes = sizeof peer.storage;
  SKEP_CHECK(did(::getpeername(from.raw(), peer.get(), &peer.bytes), "getpeername"));
  return {};
}

Result<void> udp_to(std::string_view address) {
  SKEP_TRY(const Fd from, open_socket(AF_INET, SOCK_DGRAM));
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(9);
  ::inet_pton(AF_INET, std::string(address).c_str(), &target.sin_addr);
  SKEP_CHECK(did(
      static_cast<int>(::sendto(from.raw(), "x", 1, 0, reinterpret_cast<sockaddr*>(&target), sizeof target)),
      "sendto"));
  return {};
}

Result<TcpPair> tcp_pair() {
  SKEP_TRY(const Fd listener, open_socket(AF_INET, SOCK_STREAM));
  Address any = loopback(AF_INET, 0);
  SKEP_CHECK(did(::bind(listener.raw(), any.get(), any.bytes), "bind"));
  SKEP_CHECK(did(::listen(listener.raw(), 1), "listen"));
  SKEP_TRY(Address target, name_of_socket(listener));
  SKEP_TRY(Fd client, open_socket(AF_INET, SOCK_STREAM));
  SKEP_CHECK(did(::connect(client.raw(), target.get(), target.bytes), "connect"));
  SKEP_TRY(const int server, did(::accept4(listener.raw(), nullptr, nullptr, SOCK_CLOEXEC), "accept"));
  return TcpPair{.client = std::move(client), .server = Fd(server)};
}

Result<Bound> bound_udp(bool shared, u16 port) {
  SKEP_TRY(Fd socket, open_socket(AF_INET, SOCK_DGRAM));
  const int one = 1;
  if (shared) {
    SKEP_CHECK(did(::setsockopt(socket.raw(), SOL_SOCKET, SO_REUSEPORT, &one, sizeof one), "SO_REUSEPORT"));
  }
  Address any = loopback(AF_INET, port);
  SKEP_CHECK(did(::bind(socket.raw(), any.get(), any.bytes), "bind"));
  SKEP_TRY(Address name, name_of_socket(socket));
  return Bound{.fd = std::move(socket), .port = ntohs(reinterpret_cast<sockaddr_in&>(name.storage).sin_port)};
}

Result<void> send_udp(u16 port) {
  SKEP_TRY(const Fd from, open_socket(AF_INET, SOCK_DGRAM));
  Address target = loopback(AF_INET, port);
  SKEP_CHECK(did(static_cast<int>(::sendto(from.raw(), "x", 1, 0, target.get(), target.bytes)), "sendto"));
  return {};
}

Result<std::string> own_cgroup() {
  const std::string root = "/sys/fs/cgroup";
  struct stat facts{};
  if (::stat((root + "/cgroup.procs").c_str(), &facts) < 0) {
    (void)::mkdir(root.c_str(), 0755);
    SKEP_CHECK(did(::mount("none", root.c_str(), "cgroup2", 0, nullptr), "mount cgroup2"));
  }
  const std::string own = root + "/rows";
  if (::mkdir(own.c_str(), 0755) < 0 && errno != EEXIST) {
    return fail_errno(errno, own);
  }
  SKEP_CHECK(write_text(own + "/cgroup.procs", cat(::getpid())));
  return own;
}

Result<std::string> empty_cgroup(std::string_view name) {
  SKEP_CHECK(own_cgroup());
  std::string path = cat("/sys/fs/cgroup/", name);
  if (::mkdir(path.c_str(), 0755) < 0 && errno != EEXIST) {
    return fail_errno(errno, path);
  }
  return path;
}

}  // namespace skep::rows

#include "skep/lwt.h"

#include <arpa/inet.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/device.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "kernel/kernel.h"

namespace skep {
namespace {

/// An address, or as many bits of one as count.
struct Prefix {
  u8 family = 0;
  u8 bits = 0;
  std::array<std::byte, 16> bytes{};
  std::span<const std::byte> address() const { return std::span(bytes).first(family == AF_INET ? 4 : 16); }
};

Result<Prefix> parse_prefix(std::string_view text, std::string_view noun) {
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  Prefix prefix{.family = address.contains(':') ? u8{AF_INET6} : u8{AF_INET}};
  const unsigned all = prefix.family == AF_INET ? 32 : 128;
  if (::inet_pton(prefix.family, address.c_str(), prefix.bytes.data()) != 1) {
    return fail(Errc::invalid, cat(noun, ": want an IPv4 or IPv6 address, have '", text, "'"));
  }
  unsigned bits = all;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (failure != std::errc{} || end != digits.data() + digits.size() || bits > all) {
      return fail(Errc::invalid,
                  cat(noun, ": want a length of 0 to ", all, " after the '/', have '", text, "'"));
    }
  }
  prefix.bits = static_cast<u8>(bits);
  // The kernel refuses addresses with bits beyond the length.
  for (unsigned bit = bits; bit < all; ++bit) {
    prefix.bytes[bit / 8] &= ~(std::byte{0x80} >> static_cast<int>(bit % 8));
  }
  return prefix;
}

/// A route's key and what goes with it, ready to be written.
struct Route {
  Prefix destination;
  std::optional<Prefix> gateway;
  u32 index = 0;
  u32 table = 0;
  u32 metric = 0;
  u32 headroom = 0;
  std::string place;
};

void put_key(attach::NetlinkWriter& request, const Route& route) {
  request.fixed(attach::rtmsg{.family = route.destination.family,
                              .destination_bits = route.destination.bits,
                              .table = route.table < 256 ? static_cast<u8>(route.table) : u8{0},
                              .protocol = attach::RTPROT_BOOT,
                              .scope = route.gateway || route.destination.family == AF_INET6
                                           ? attach::RT_SCOPE_UNIVERSE
                                           : attach::RT_SCOPE_LINK,
                              .type = attach::RTN_UNICAST});
  request.attribute(attach::RTA_DST, route.destination.address()).number(attach::RTA_OIF, route.index);
  request.number(attach::RTA_TABLE, route.table);
  if (route.metric != 0) {
    request.number(attach::RTA_PRIORITY, route.metric);
  }
  if (route.gateway) {
    request.attribute(attach::RTA_GATEWAY, route.gateway->address());
  }
}

void put_program(attach::NetlinkWriter& request, const Route& route, const Program& program) {
  using namespace attach;
  const bpf_prog_type type = program.traits().type;
  const auto fd = static_cast<u32>(program.fd().raw());
  if (type == BPF_PROG_TYPE_LWT_SEG6LOCAL) {
    request.number(RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6_LOCAL).open(RTA_ENCAP);
    request.number(SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_BPF).open(SEG6_LOCAL_BPF);
    request.number(SEG6_LOCAL_BPF_PROG, fd).text(SEG6_LOCAL_BPF_PROG_NAME, program.name()).close().close();
    return;
  }
  const u16 hook = type == BPF_PROG_TYPE_LWT_IN    ? LWT_BPF_IN
                   : type == BPF_PROG_TYPE_LWT_OUT ? LWT_BPF_OUT
                                                   : LWT_BPF_XMIT;
  request.number(RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_BPF).open(RTA_ENCAP).open(hook);
  request.number(LWT_BPF_PROG_FD, fd).text(LWT_BPF_PROG_NAME, program.name()).close();
  if (route.headroom != 0) {
    request.number(LWT_BPF_XMIT_HEADROOM, route.headroom);
  }
  request.close();
}

Result<void> put_route(attach::Netlink& netlink, const Route& route, const Program& program, bool replace) {
  attach::NetlinkWriter request(
      attach::RTM_NEWROUTE,
      static_cast<u16>(attach::NLM_F_CREATE | (replace ? attach::NLM_F_REPLACE : attach::NLM_F_EXCL)));
  put_key(request, route);
  put_program(request, route, program);
  return netlink.tell(request, "make the route");
}

/// A route that stays without us.
class RouteWithProgram final : public attach::Attachment {
 public:
  RouteWithProgram(std::shared_ptr<attach::Netlink> netlink, Route route)
      : netlink_(std::move(netlink)), route_(std::move(route)) {}
  ~RouteWithProgram() override {
    if (netlink_) {
      (void)detach();
    }
  }

  Result<void> detach() override {
    const auto netlink = std::move(netlink_);
    attach::NetlinkWriter request(attach::RTM_DELROUTE, 0);
    put_key(request, route_);
    auto done = netlink->tell(request, "delete the route");
    // It went with its device.
    if (!done && (done.error().sys_errno() == ESRCH || done.error().sys_errno() == ENODEV)) {
      return {};
    }
    return done;
  }
  void release() override { netlink_.reset(); }
  kernel::Kernel* kernel() const override { return netlink_ ? &netlink_->kernel() : nullptr; }
  Result<void> update(const Program& replacement) override {
    return put_route(*netlink_, route_, replacement, true);
  }

 private:
  std::shared_ptr<attach::Netlink> netlink_;
  Route route_;
};

Result<Route> route_of(const Program& program, const RouteTarget& target, const attach::FoundDevice& device) {
  Route route{
      .index = device.index,
      .table = target.table != 0 ? target.table : u32{attach::RT_TABLE_MAIN},
      .metric = target.metric,
      .headroom = target.headroom,
      .place = cat(name_of(prog_type_names, program.traits().type), " on the route to ", target.destination)};
  SKEP_TRY(route.destination, parse_prefix(target.destination, "destination"));
  if (route.destination.family == AF_INET6 && route.metric == 0) {
    // What the kernel makes of none. Deleting without one would take any route to the destination.
    constexpr u32 default_ipv6_metric = 1024;
    route.metric = default_ipv6_metric;
  }
  if (!target.gateway.empty()) {
    if (target.gateway.contains('/')) {
      return fail(Errc::invalid,
                  cat("gateway: want an address without a length, have '", target.gateway, "'"));
    }
    SKEP_TRY(route.gateway, parse_prefix(target.gateway, "gateway"));
    if (route.gateway->family != route.destination.family) {
      return fail(Errc::invalid, cat("gateway ", target.gateway, ": want the family of the destination ",
                                     target.destination));
    }
  }
  if (program.traits().type == BPF_PROG_TYPE_LWT_SEG6LOCAL && route.destination.family != AF_INET6) {
    return fail(Errc::invalid, cat("destination ", target.destination,
                                   ": want IPv6 for a program of section lwt_seg6local"));
  }
  return route;
}

}  // namespace

Result<Link> attach_lwt(const Program& program, const RouteTarget& target, const AttachOptions& options) {
  const bpf_prog_type type = program.traits().type;
  const bool is_seg6 = type == BPF_PROG_TYPE_LWT_SEG6LOCAL;
  if (!is_seg6 && type != BPF_PROG_TYPE_LWT_IN && type != BPF_PROG_TYPE_LWT_OUT &&
      type != BPF_PROG_TYPE_LWT_XMIT) {
    return fail(Errc::invalid, cat("program '", program.name(),
                                   "': want section lwt_in, lwt_out, lwt_xmit or lwt_seg6local, have ",
                                   program.traits().section));
  }
  SKEP_TRY(auto netlink, attach::Netlink::route(program.kernel()));
  SKEP_TRY(const attach::FoundDevice device, attach::find_device(*netlink, target.device));
  SKEP_TRY(Route route, route_of(program, target, device));
  const std::string place = route.place;
  if (auto done = put_route(*netlink, route, program, target.replace); !done) {
    Error error = std::move(done).error().within(place);
    if (error.sys_errno() == EEXIST) {
      return std::unexpected(std::move(error).with_code(Errc::busy));
    }
    const attach::Needs needs{.noun = name_of(prog_type_names, type),
                              .since = is_seg6 ? host::Release{4, 18} : host::Release{4, 10},
                              .config = is_seg6 ? "CONFIG_IPV6_SEG6_BPF" : "CONFIG_LWTUNNEL_BPF"};
    return std::unexpected(
        attach::with_reason(std::move(error), attach::facts_for(program, options), options, needs));
  }
  return Link(std::make_unique<RouteWithProgram>(std::move(netlink), std::move(route)), place);
}

}  // namespace skep

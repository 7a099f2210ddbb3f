#include "skep/lwt.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/device.h"
#include "attach/refusal.h"
#include "base/duplicate.h"
#include "base/result.h"
#include "kernel/info.h"

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

/// What runs on a route. A route tells the name alone that its program was given there, so that has the program's id in it: "count:57".
struct OnRoute {
  bpf_prog_type type{};
  int fd = -1;
  std::string name;
};

Result<OnRoute> on_route(const Program& program, const Fd& fd) {
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(program.kernel(), fd.raw()));
  return OnRoute{.type = program.traits().type, .fd = fd.raw(), .name = cat(program.name(), ":", info.id)};
}

u16 hook_of(bpf_prog_type type) {
  return type == BPF_PROG_TYPE_LWT_IN    ? attach::LWT_BPF_IN
         : type == BPF_PROG_TYPE_LWT_OUT ? attach::LWT_BPF_OUT
                                         : attach::LWT_BPF_XMIT;
}

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

void put_program(attach::NetlinkWriter& request, const Route& route, const OnRoute& program) {
  using namespace attach;
  const auto fd = static_cast<u32>(program.fd);
  if (program.type == BPF_PROG_TYPE_LWT_SEG6LOCAL) {
    request.number(RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6_LOCAL).open(RTA_ENCAP);
    request.number(SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_BPF).open(SEG6_LOCAL_BPF);
    request.number(SEG6_LOCAL_BPF_PROG, fd).text(SEG6_LOCAL_BPF_PROG_NAME, program.name).close().close();
    return;
  }
  request.number(RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_BPF).open(RTA_ENCAP).open(hook_of(program.type));
  request.number(LWT_BPF_PROG_FD, fd).text(LWT_BPF_PROG_NAME, program.name).close();
  if (route.headroom != 0) {
    request.number(LWT_BPF_XMIT_HEADROOM, route.headroom);
  }
  request.close();
}

Result<void> put_route(attach::Netlink& netlink, const Route& route, const OnRoute& program, bool replace) {
  attach::NetlinkWriter request(
      attach::RTM_NEWROUTE,
      static_cast<u16>(attach::NLM_F_CREATE | (replace ? attach::NLM_F_REPLACE : attach::NLM_F_EXCL)));
  put_key(request, route);
  put_program(request, route, program);
  return netlink.tell(request, "make the route");
}

/// The name of the program on a route of this kind, as the route's description has it; empty: it runs none.
Result<std::string> program_name(const attach::NetlinkAttributes& route, bpf_prog_type type) {
  using namespace attach;
  const bool is_seg6 = type == BPF_PROG_TYPE_LWT_SEG6LOCAL;
  if (route.number<u16>(RTA_ENCAP_TYPE) != (is_seg6 ? LWTUNNEL_ENCAP_SEG6_LOCAL : LWTUNNEL_ENCAP_BPF)) {
    return std::string();
  }
  SKEP_TRY(const auto encapsulation, route.nested(RTA_ENCAP));
  SKEP_TRY(const auto program, encapsulation.nested(is_seg6 ? SEG6_LOCAL_BPF : hook_of(type)));
  return std::string(program.text(is_seg6 ? SEG6_LOCAL_BPF_PROG_NAME : LWT_BPF_PROG_NAME));
}

bool is_same(const ByteView* had, std::span<const std::byte> wanted) {
  return had != nullptr && std::ranges::equal(had->span(), wanted);
}

/// Whether a route's description has this key. Those to the destination that stand for several next hops have no device of their own.
Result<bool> has_key(const attach::NetlinkReply& reply, const attach::NetlinkAttributes& had,
                     const Route& route) {
  using namespace attach;
  SKEP_TRY(const auto head, reply.fixed<rtmsg>());
  const bool goes_there =
      head.destination_bits == route.destination.bits &&
      (head.destination_bits == 0 || is_same(had.find(RTA_DST), route.destination.address()));
  return head.family == route.destination.family && goes_there &&
         had.number<u32>(RTA_TABLE).value_or(head.table) == route.table &&
         had.number<u32>(RTA_PRIORITY).value_or(0) == route.metric &&
         had.number<u32>(RTA_OIF) == route.index &&
         (!route.gateway || is_same(had.find(RTA_GATEWAY), route.gateway->address()));
}

/// IPv6 deletes and replaces by key, whatever runs on the route. This looks for what has the key: the name of its program, or nothing where there is no such route.
Result<std::optional<std::string>> program_there(attach::Netlink& netlink, const Route& route,
                                                 bpf_prog_type type) {
  attach::NetlinkWriter request(attach::RTM_GETROUTE, attach::NLM_F_DUMP);
  request.fixed(attach::rtmsg{.family = route.destination.family});
  SKEP_TRY(const auto replies, netlink.ask(request, "look at the route"));
  for (const attach::NetlinkReply& reply : replies) {
    SKEP_TRY_IN("look at the route", const auto had, reply.attributes(sizeof(attach::rtmsg)));
    SKEP_TRY_IN("look at the route", const bool is_it, has_key(reply, had, route));
    if (is_it) {
      SKEP_TRY_IN("look at the route", auto name, program_name(had, type));
      return name;
    }
  }
  return std::nullopt;
}

/// A route that stays without us.
class RouteWithProgram final : public attach::Attachment {
 public:
  RouteWithProgram(std::shared_ptr<attach::Netlink> netlink, Route route, OnRoute program, Fd fd)
      : netlink_(std::move(netlink)),
        route_(std::move(route)),
        program_(std::move(program)),
        fd_(std::move(fd)) {}
  ~RouteWithProgram() override {
    if (netlink_) {
      (void)detach();
    }
  }

  Result<void> detach() override {
    const auto netlink = std::move(netlink_);
    const Fd fd = std::move(fd_);
    SKEP_CHECK(check_ours(*netlink, "delete the route"));
    attach::NetlinkWriter request(attach::RTM_DELROUTE, 0);
    put_key(request, route_);
    if (is_ipv4()) {
      put_program(request, route_, program_);  // of those to the destination the one with this program
    }
    auto done = netlink->tell(request, "delete the route");
    // It went with its device, or somebody took it away.
    if (!done && (done.error().sys_errno() == ESRCH || done.error().sys_errno() == ENODEV)) {
      return {};
    }
    return done;
  }
  void release() override {
    netlink_.reset();
    fd_.reset();
  }
  kernel::Kernel* kernel() const override { return netlink_ ? &netlink_->kernel() : nullptr; }
  Result<void> update(const Program& replacement) override {
    SKEP_TRY(Fd fd, duplicate(replacement.fd()));
    SKEP_TRY(OnRoute program, on_route(replacement, fd));
    SKEP_CHECK(check_ours(*netlink_, "replace the route"));
    SKEP_CHECK(put_route(*netlink_, route_, program, true));
    program_ = std::move(program);
    fd_ = std::move(fd);
    return {};
  }

 private:
  bool is_ipv4() const { return route_.destination.family == AF_INET; }

  /// Errors: busy (a route with our key that runs something else).
  Result<void> check_ours(attach::Netlink& netlink, std::string_view wanted) {
    if (is_ipv4()) {
      return {};
    }
    SKEP_TRY(const auto name, program_there(netlink, route_, program_.type));
    if (!name || *name == program_.name) {
      return {};
    }
    return fail(Errc::busy, cat(wanted, ": want the one that runs ", program_.name, ", have one ",
                                name->empty() ? std::string("without a program") : cat("that runs ", *name),
                                ", which is left alone"));
  }

  std::shared_ptr<attach::Netlink> netlink_;
  Route route_;
  OnRoute program_;
  Fd fd_;
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
  SKEP_TRY(Fd fd, duplicate(program.fd()));
  SKEP_TRY(OnRoute on, on_route(program, fd));
  if (auto done = put_route(*netlink, route, on, target.replace); !done) {
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
  return Link(
      std::make_unique<RouteWithProgram>(std::move(netlink), std::move(route), std::move(on), std::move(fd)),
      place);
}

}  // namespace skep

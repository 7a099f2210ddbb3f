// The network families: two pairs of devices, sockets on loopback, routes.
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/result.h"
#include "kernel/rows/network.h"
#include "kernel/rows/row.h"
#include "skep/lwt.h"
#include "skep/netfilter.h"
#include "skep/netns.h"
#include "skep/sockets.h"
#include "skep/tc.h"
#include "skep/xdp.h"

namespace skep::rows {
namespace {

/// What a row does not care about: its effect is looked at.
template <class T>
void ignore(const Result<T>&) {}

// Frames leave row0 and arrive at row1.
void frame(Stage&) {
  ignore(send_ipv4("row0", "row1", "10.9.0.5"));
}

template <TcDirection Direction>
Result<Link> attach_filter(Stage& stage) {
  SKEP_CHECK(make_veth());
  const std::string device = Direction == TcDirection::ingress ? "row1" : "row0";
  return attach_tc(stage.program, {.hook = {.device = {.name = device}, .direction = Direction}});
}
Result<Link> attach_action(Stage& stage) {
  SKEP_CHECK(make_veth());
  return attach_tc_action(stage.program, {.hook = {.device = {.name = "row1"}}});
}
template <TcDirection Direction>
Result<Link> attach_list(Stage& stage) {
  SKEP_CHECK(make_veth());
  const std::string device = Direction == TcDirection::ingress ? "row1" : "row0";
  return attach_tcx(stage.program, {.device = {.name = device}, .direction = Direction});
}

Result<Link> attach_pair(Stage& stage) {
  SKEP_CHECK(make_veth());
  // A kernel without netkit is asked all the same: what it lacks is what the row tells.
  return attach_netkit(stage.program, {.device = {.name = make_netkit() ? "nk0" : "row0"}});
}
void frame_from_primary(Stage&) {
  ignore(send_ipv4("nk0", "nk1", "10.9.0.5"));
}
void frame_from_peer(Stage&) {
  ignore(send_ipv4("nk1", "nk0", "10.9.0.5"));
}

Result<Link> attach_device(Stage& stage) {
  SKEP_CHECK(make_veth());
  return attach_xdp(stage.program, {.device = {.name = "row1"}});
}
/// `sender` redirects what arrives at row1 to the first element of `map`, in which the row's program is.
Result<Link> attach_hop(Stage& stage, std::string_view map_name, std::string_view sender, bool is_device) {
  SKEP_CHECK(make_veth());
  Map* map = stage.object.map(map_name);
  const Program* program = stage.object.program(sender);
  if (map == nullptr || program == nullptr) {
    return fail(Errc::not_found, cat("want map ", map_name, " and program ", sender));
  }
  SKEP_CHECK(is_device ? set_devmap_entry(*map, 0, {.name = "row0"}, &stage.program)
                       : set_cpumap_entry(*map, 0, 16, &stage.program));
  return attach_xdp(*program, {.device = {.name = "row1"}, .mode = XdpMode::native});
}
Result<Link> attach_devmap(Stage& stage) {
  return attach_hop(stage, "devices", "to_device", true);
}
Result<Link> attach_cpumap(Stage& stage) {
  return attach_hop(stage, "processors", "to_processor", false);
}
Result<Link> attach_frags_devmap(Stage& stage) {
  return attach_hop(stage, "frags_devices", "frags_to_device", true);
}
Result<Link> attach_frags_cpumap(Stage& stage) {
  return attach_hop(stage, "frags_processors", "frags_to_processor", false);
}

/// A socket that lives as long as the guest, and the port that it listens to.
const Bound& listener() {
  static const Bound socket = [] {
    ignore(raise_loopback());
    return bound_udp(true).value_or(Bound());
  }();
  return socket;
}
void datagram(Stage&) {
  ignore(send_udp(listener().port));
}
Result<Link> attach_socket(Stage& stage) {
  return attach_socket_filter(stage.program, listener().fd.raw());
}
Result<Link> attach_group(Stage& stage) {
  static const auto second = bound_udp(true, listener().port);
  SKEP_ASSERT(second.has_value());
  return attach_reuseport(stage.program, listener().fd.raw());
}
Result<Link> attach_lookup(Stage& stage) {
  return attach_sk_lookup(stage.program);
}
Result<Link> attach_dissector(Stage& stage) {
  SKEP_CHECK(make_veth());
  return attach_flow_dissector(stage.program);
}
Result<Link> attach_hook(Stage& stage) {
  SKEP_CHECK(raise_loopback());
  return attach_netfilter(stage.program, {.hook = NetfilterTarget::Hook::local_out});
}
Result<Link> attach_receiver(Stage& stage) {
  return attach_lirc(stage.program, "/dev/lirc0");
}

Result<Link> attach_route(Stage& stage) {
  SKEP_CHECK(make_veth());
  return attach_lwt(stage.program, {.destination = "10.9.0.0/24", .device = {.name = "row0"}});
}
Result<Link> attach_segment(Stage& stage) {
  SKEP_CHECK(make_veth());
  return attach_lwt(stage.program, {.destination = "fc00:9::1", .device = {.name = "row0"}});
}
void routed(Stage&) {
  ignore(udp_to("10.9.0.5"));
}
void segment(Stage&) {
  ignore(send_srv6("row0", "row1"));
}

/// A connection, one end of which is in the map from now on.
TcpPair connection;
Result<void> put_in_map(Stage& stage, const Fd TcpPair::* end) {
  SKEP_CHECK(raise_loopback());
  SKEP_TRY(connection, tcp_pair());
  Map* map = stage.object.map("sockets");
  const u32 key = 0;
  const u32 socket = static_cast<u32>((connection.*end).raw());
  return map->update(bytes_of(key), bytes_of(socket));
}
Result<Link> attach_message(Stage& stage) {
  SKEP_TRY(Link link, attach_sockmap(stage.program, {.map = stage.object.map("sockets")}));
  SKEP_CHECK(put_in_map(stage, &TcpPair::client));
  return link;
}
Result<Link> attach_verdict(Stage& stage) {
  std::optional<bpf_attach_type> type;
  if (stage.program.traits().section == "sk_skb") {
    type = BPF_SK_SKB_STREAM_VERDICT;
  }
  SKEP_TRY(Link link, attach_sockmap(stage.program, {.map = stage.object.map("sockets"), .type = type}));
  SKEP_CHECK(put_in_map(stage, &TcpPair::server));
  return link;
}
/// A parser runs where a verdict follows it.
Result<Link> attach_parser(Stage& stage) {
  static std::optional<Link> companion;
  SKEP_TRY(Link verdict,
           attach_sockmap(*stage.object.program("companion"), {.map = stage.object.map("sockets")}));
  companion.emplace(std::move(verdict));
  return attach_verdict(stage);
}
void talk(Stage&) {
  static_cast<void>(::send(connection.client.raw(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/// What a kernel that is new enough may lack, and the programs that are loaded along.
struct More {
  std::string_view config = {};
  std::vector<std::string_view> with = {};
};

Row row(std::string_view section, std::string_view program, Result<Link> (*how)(Stage&),
        void (*trigger)(Stage&), const More& more = {}) {
  return {.section = section,
          .object = "net",
          .program = program,
          .attach = how,
          .trigger = trigger,
          .with = more.with,
          .config = more.config};
}

constexpr auto in = TcDirection::ingress;
constexpr auto out = TcDirection::egress;

// clang-format off: one row per section
const RowList socket_rows({
    row("socket", "socket_filter", attach_socket, datagram),
    row("sk_reuseport", "reuseport", attach_group, datagram),
    row("sk_reuseport/migrate", "reuseport_migrate", attach_group, datagram),
    row("sk_lookup", "lookup", attach_lookup, datagram),
    row("sk_msg", "message", attach_message, talk),
    row("sk_skb/verdict", "verdict", attach_verdict, talk),
    row("sk_skb/stream_verdict", "stream_verdict", attach_verdict, talk),
    row("sk_skb", "open_verdict", attach_verdict, talk),
    row("sk_skb/stream_parser", "parser", attach_parser, talk, {.with = {"companion"}}),
    row("flow_dissector", "dissector", attach_dissector, frame),
    row("netfilter", "filter", attach_hook, datagram, {.config = "CONFIG_NETFILTER_BPF_LINK"}),
    row("lirc_mode2", "lirc", attach_receiver, nullptr, {.config = "CONFIG_BPF_LIRC_MODE2"}),
});
const RowList device_rows({
    row("tc", "tc_old", attach_filter<in>, frame),
    row("classifier", "tc_oldest", attach_filter<out>, frame),
    row("action", "tc_action", attach_action, frame),
    row("tc/ingress", "tc_ingress", attach_list<in>, frame),
    row("tc/egress", "tc_egress", attach_list<out>, frame),
    row("tcx/ingress", "tcx_ingress", attach_list<in>, frame),
    row("tcx/egress", "tcx_egress", attach_list<out>, frame),
    row("netkit/primary", "netkit_primary", attach_pair, frame_from_primary, {.config = "CONFIG_NETKIT"}),
    row("netkit/peer", "netkit_peer", attach_pair, frame_from_peer, {.config = "CONFIG_NETKIT"}),
    row("lwt_in", "route_in", attach_route, frame),
    row("lwt_out", "route_out", attach_route, routed),
    row("lwt_xmit", "route_xmit", attach_route, routed),
    row("lwt_seg6local", "route_seg6", attach_segment, segment),
});
const RowList xdp_rows({
    row("xdp", "xdp_plain", attach_device, frame),
    row("xdp.frags", "xdp_frags", attach_device, frame),
    row("xdp/devmap", "xdp_devmap", attach_devmap, frame, {.with = {"to_device"}}),
    row("xdp/cpumap", "xdp_cpumap", attach_cpumap, frame, {.with = {"to_processor"}}),
    row("xdp.frags/devmap", "xdp_frags_devmap", attach_frags_devmap, frame, {.with = {"frags_to_device"}}),
    row("xdp.frags/cpumap", "xdp_frags_cpumap", attach_frags_cpumap, frame, {.with = {"frags_to_processor"}}),
});
// clang-format on

}  // namespace
}  // namespace skep::rows

#include "cli/attach_network.h"

#include <charconv>

#include "base/text.h"

#include "skep/cgroup.h"
#include "skep/lwt.h"
#include "skep/netfilter.h"
#include "skep/netns.h"
#include "skep/sockets.h"
#include "skep/tc.h"
#include "skep/xdp.h"

namespace skep::cli {
namespace {

/// The value of an option that this kind of program needs.
Result<std::string> need(const Program& program, const std::string& value, std::string_view option) {
  if (value.empty()) {
    return fail(Errc::invalid, cat("program '", program.name(), "' (section ", program.traits().section,
                                   ") needs ", option));
  }
  return value;
}

std::unexpected<Error> no_such(std::string_view option, std::string_view value, std::string_view wanted) {
  return fail(Errc::invalid, cat(option, " ", value, ": want ", wanted));
}

/// The attach type of this name; nothing where no name is given.
Result<std::optional<bpf_attach_type>> attach_type(const std::string& name) {
  if (name.empty()) {
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const auto& row : attach_type_names) {
    if (row.name == name) {
      return row.value;
    }
    names.push_back(row.name);
  }
  const auto near = nearest(name, names);
  return no_such("--hook", name,
                 near.empty() ? "an attach type" : cat("an attach type, such as ", join(near, ", ")));
}

Result<Link> on_xdp(Object&, const Program& program, const NetworkPlace& place) {
  SKEP_TRY(const std::string iface, need(program, place.iface, "--iface DEVICE"));
  for (const XdpMode mode : {XdpMode::any, XdpMode::native, XdpMode::generic, XdpMode::offload}) {
    if (name_of(mode) == (place.mode.empty() ? "any" : place.mode)) {
      return attach_xdp(program, {.device = {.name = iface}, .mode = mode});
    }
  }
  return no_such("--xdp-mode", place.mode, "native, generic or offload");
}

Result<s32> priority_of(const NetworkPlace& place) {
  s32 priority = 0;
  const char* const end = place.priority.data() + place.priority.size();
  const auto [rest, failure] = std::from_chars(place.priority.data(), end, priority);
  if (!place.priority.empty() && (failure != std::errc{} || rest != end)) {
    return no_such("--priority", place.priority, "a number");
  }
  return priority;
}

Result<TcDirection> direction_of(const Program& program, const NetworkPlace& place) {
  const bpf_attach_type type = program.traits().expected_attach_type;
  if (place.hook.empty()) {
    return type == BPF_TCX_EGRESS ? TcDirection::egress : TcDirection::ingress;
  }
  if (place.hook != "ingress" && place.hook != "egress") {
    return no_such("--hook", place.hook, "ingress or egress");
  }
  return place.hook == "egress" ? TcDirection::egress : TcDirection::ingress;
}

Result<Link> on_tc(Object&, const Program& program, const NetworkPlace& place) {
  SKEP_TRY(const std::string iface, need(program, place.iface, "--iface DEVICE"));
  const bpf_attach_type type = program.traits().expected_attach_type;
  if (type == BPF_NETKIT_PRIMARY || type == BPF_NETKIT_PEER) {
    return attach_netkit(program, {.device = {.name = iface}});
  }
  SKEP_TRY(const TcDirection direction, direction_of(program, place));
  SKEP_TRY(const s32 priority, priority_of(place));
  if (priority < 0 || priority > 0xffff) {
    return no_such("--priority", place.priority, "0 to 65535 for a filter");
  }
  if ((type == BPF_TCX_INGRESS || type == BPF_TCX_EGRESS) && priority == 0) {
    return attach_tcx(program, {.device = {.name = iface}, .direction = direction, .or_clsact = true});
  }
  const TcTarget target{.hook = {.device = {.name = iface}, .direction = direction},
                        .priority = static_cast<u32>(priority)};
  return program.traits().type == BPF_PROG_TYPE_SCHED_ACT ? attach_tc_action(program, target)
                                                          : attach_tc(program, target);
}

Result<Link> on_cgroup(Object&, const Program& program, const NetworkPlace& place) {
  SKEP_TRY(const std::string path, need(program, place.cgroup, "--cgroup DIR"));
  SKEP_TRY(const auto type, attach_type(place.hook));
  return attach_cgroup(program, {.path = path, .type = type});
}

Result<Link> on_netns(Object&, const Program& program, const NetworkPlace& place) {
  SKEP_TRY(const std::string space, need(program, place.netns, "--netns NAME|PATH"));
  return program.traits().type == BPF_PROG_TYPE_SK_LOOKUP ? attach_sk_lookup(program, {.space = space})
                                                          : attach_flow_dissector(program, {.space = space});
}

Result<Link> on_netfilter(Object&, const Program& program, const NetworkPlace& place) {
  SKEP_TRY(const std::string hook, need(program, place.hook, "--hook 'ip input' or the like"));
  NetfilterTarget target;
  SKEP_TRY(target.priority, priority_of(place));
  const std::size_t space = hook.find(' ');
  const std::string_view family = std::string_view(hook).substr(0, space);
  const std::string_view name =
      space == std::string::npos ? std::string_view() : std::string_view(hook).substr(space + 1);
  using Hook = NetfilterTarget::Hook;
  for (const Hook each :
       {Hook::pre_routing, Hook::local_in, Hook::forward, Hook::local_out, Hook::post_routing}) {
    if (name == name_of(each) && (family == "ip" || family == "ip6")) {
      target.family = family == "ip" ? NetfilterTarget::Family::ipv4 : NetfilterTarget::Family::ipv6;
      target.hook = each;
      return attach_netfilter(program, target);
    }
  }
  return no_such("--hook", hook, "ip or ip6, and prerouting, input, forward, output or postrouting");
}

Result<Link> on_sockmap(Object& object, const Program& program, const NetworkPlace& place) {
  SKEP_TRY(const std::string name, need(program, place.map, "--map NAME"));
  const Map* map = object.map(name);
  if (map == nullptr) {
    return fail(Errc::not_found, cat("--map ", name, ": the object has no such map"));
  }
  SKEP_TRY(const auto type, attach_type(place.hook));
  return attach_sockmap(program, {.map = map, .type = type});
}

Result<Link> on_route(Object&, const Program& program, const NetworkPlace& place) {
  SKEP_TRY(const std::string route, need(program, place.route, "--route DESTINATION"));
  SKEP_TRY(const std::string iface, need(program, place.iface, "--iface DEVICE"));
  return attach_lwt(program, {.destination = route, .device = {.name = iface}});
}

Result<Link> on_receiver(Object&, const Program& program, const NetworkPlace& place) {
  SKEP_TRY(const std::string path, need(program, place.lirc, "--lirc /dev/lirc0"));
  return attach_lirc(program, path);
}

/// A kind of program: which option says its place, and what attaches it.
struct Kind {
  NetworkOption option = NetworkOption::none;
  Result<Link> (*attach)(Object&, const Program&, const NetworkPlace&) = nullptr;
};

Kind kind_of(bpf_prog_type type) {
  using Option = NetworkOption;
  switch (type) {
    case BPF_PROG_TYPE_XDP: return {Option::iface, on_xdp};
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT: return {Option::iface, on_tc};
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_CGROUP_SOCK:
    case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case BPF_PROG_TYPE_CGROUP_SYSCTL:
    case BPF_PROG_TYPE_CGROUP_DEVICE:
    case BPF_PROG_TYPE_SOCK_OPS: return {Option::cgroup, on_cgroup};
    case BPF_PROG_TYPE_SK_LOOKUP:
    case BPF_PROG_TYPE_FLOW_DISSECTOR: return {Option::netns, on_netns};
    case BPF_PROG_TYPE_NETFILTER: return {Option::hook, on_netfilter};
    case BPF_PROG_TYPE_SK_MSG:
    case BPF_PROG_TYPE_SK_SKB: return {Option::map, on_sockmap};
    case BPF_PROG_TYPE_LWT_IN:
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_LWT_SEG6LOCAL: return {Option::route, on_route};
    case BPF_PROG_TYPE_LIRC_MODE2: return {Option::lirc, on_receiver};
    default: return {};
  }
}

}  // namespace

NetworkOption option_for(bpf_prog_type type) {
  return kind_of(type).option;
}

Result<Link> attach_network(Object& object, const Program& program, const NetworkPlace& place) {
  const Kind kind = kind_of(program.traits().type);
  SKEP_ASSERT(kind.attach != nullptr);
  return kind.attach(object, program, place);
}

}  // namespace skep::cli

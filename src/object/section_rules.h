// What a section's name says of the program in it: the SEC() table. Pure data; attaching is somebody else's business.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "skep/types.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/prog_type.h"

namespace skep::object {

enum class Match : u8 {
  exact,          ///< "tc"
  exact_or_path,  ///< "kprobe" or "kprobe/do_unlinkat"
};

/// What the attach target after the prefix is, and whether loading must resolve it to a BTF id of the kernel.
enum class Target : u8 { none, name, btf_id };

struct SectionRule {
  std::string_view name;
  Match match = Match::exact;
  bpf_prog_type prog{};
  bpf_attach_type attach{};
  u32 flags = 0;  ///< BPF_F_SLEEPABLE, BPF_F_XDP_HAS_FRAGS
  Target target = Target::none;
  bool attach_optional = false;  ///< the attach type may be left out on kernels that do not know the field

  constexpr bool accepts(std::string_view section) const {
    if (!section.starts_with(name)) {
      return false;
    }
    const std::string_view rest = section.substr(name.size());
    switch (match) {
      case Match::exact: return rest.empty();
      case Match::exact_or_path: return rest.empty() || rest.front() == '/';
    }
    std::unreachable();
  }
};

// Short names for the columns of the table.
namespace columns {
inline constexpr Match path = Match::exact_or_path;
inline constexpr u32 sleep = BPF_F_SLEEPABLE;
inline constexpr u32 frags = BPF_F_XDP_HAS_FRAGS;
inline constexpr Target name = Target::name;
inline constexpr Target btf = Target::btf_id;
}  // namespace columns

// clang-format off
inline constexpr auto section_rules = [] {
  using namespace columns;
  using R = SectionRule;
  return std::to_array<SectionRule>({
    R{.name = "socket", .prog = BPF_PROG_TYPE_SOCKET_FILTER},
    R{.name = "sk_reuseport/migrate", .prog = BPF_PROG_TYPE_SK_REUSEPORT, .attach = BPF_SK_REUSEPORT_SELECT_OR_MIGRATE},
    R{.name = "sk_reuseport", .prog = BPF_PROG_TYPE_SK_REUSEPORT, .attach = BPF_SK_REUSEPORT_SELECT},
    R{.name = "kprobe", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name},
    R{.name = "uprobe", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name},
    R{.name = "uprobe.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .flags = sleep, .target = name},
    R{.name = "kretprobe", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name},
    R{.name = "uretprobe", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name},
    R{.name = "uretprobe.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .flags = sleep, .target = name},
    R{.name = "kprobe.multi", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_KPROBE_MULTI, .target = name},
    R{.name = "kretprobe.multi", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_KPROBE_MULTI, .target = name},
    R{.name = "kprobe.session", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_KPROBE_SESSION, .target = name},
    R{.name = "uprobe.multi", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_MULTI, .target = name},
    R{.name = "uprobe.multi.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_MULTI, .flags = sleep, .target = name},
    R{.name = "uretprobe.multi", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_MULTI, .target = name},
    R{.name = "uretprobe.multi.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_MULTI, .flags = sleep, .target = name},
    R{.name = "uprobe.session", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_SESSION, .target = name},
    R{.name = "uprobe.session.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_SESSION, .flags = sleep, .target = name},
    R{.name = "ksyscall", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name},
    R{.name = "kretsyscall", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name},
    R{.name = "usdt", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name},
    R{.name = "usdt.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .flags = sleep, .target = name},
    R{.name = "tc/ingress", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_TCX_INGRESS},
    R{.name = "tc/egress", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_TCX_EGRESS},
    R{.name = "tcx/ingress", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_TCX_INGRESS},
    R{.name = "tcx/egress", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_TCX_EGRESS},
    R{.name = "tc", .prog = BPF_PROG_TYPE_SCHED_CLS},
    R{.name = "classifier", .prog = BPF_PROG_TYPE_SCHED_CLS},
    R{.name = "action", .prog = BPF_PROG_TYPE_SCHED_ACT},
    R{.name = "netkit/primary", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_NETKIT_PRIMARY},
    R{.name = "netkit/peer", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_NETKIT_PEER},
    R{.name = "tracepoint", .match = path, .prog = BPF_PROG_TYPE_TRACEPOINT, .target = name},
    R{.name = "tracepoint.s", .match = path, .prog = BPF_PROG_TYPE_TRACEPOINT, .flags = sleep, .target = name},
    R{.name = "tp", .match = path, .prog = BPF_PROG_TYPE_TRACEPOINT, .target = name},
    R{.name = "tp.s", .match = path, .prog = BPF_PROG_TYPE_TRACEPOINT, .flags = sleep, .target = name},
    R{.name = "raw_tracepoint", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT, .target = name},
    R{.name = "raw_tracepoint.s", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT, .flags = sleep, .target = name},
    R{.name = "raw_tp", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT, .target = name},
    R{.name = "raw_tp.s", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT, .flags = sleep, .target = name},
    R{.name = "raw_tracepoint.w", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, .target = name},
    R{.name = "raw_tp.w", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, .target = name},
    R{.name = "tp_btf", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_RAW_TP, .target = btf},
    R{.name = "tp_btf.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_RAW_TP, .flags = sleep, .target = btf},
    R{.name = "fentry", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY, .target = btf},
    R{.name = "fentry.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY, .flags = sleep, .target = btf},
    R{.name = "fmod_ret", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_MODIFY_RETURN, .target = btf},
    R{.name = "fmod_ret.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_MODIFY_RETURN, .flags = sleep, .target = btf},
    R{.name = "fexit", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FEXIT, .target = btf},
    R{.name = "fexit.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FEXIT, .flags = sleep, .target = btf},
    R{.name = "fsession", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FSESSION, .target = btf},
    R{.name = "fsession.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FSESSION, .flags = sleep, .target = btf},
    R{.name = "fentry.multi", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY_MULTI, .target = name},
    R{.name = "fentry.multi.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY_MULTI, .flags = sleep, .target = name},
    R{.name = "fexit.multi", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FEXIT_MULTI, .target = name},
    R{.name = "fexit.multi.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FEXIT_MULTI, .flags = sleep, .target = name},
    R{.name = "fsession.multi", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FSESSION_MULTI, .target = name},
    R{.name = "fsession.multi.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FSESSION_MULTI, .flags = sleep, .target = name},
    R{.name = "freplace", .match = path, .prog = BPF_PROG_TYPE_EXT, .target = btf},
    R{.name = "lsm", .match = path, .prog = BPF_PROG_TYPE_LSM, .attach = BPF_LSM_MAC, .target = btf},
    R{.name = "lsm.s", .match = path, .prog = BPF_PROG_TYPE_LSM, .attach = BPF_LSM_MAC, .flags = sleep, .target = btf},
    R{.name = "lsm_cgroup", .match = path, .prog = BPF_PROG_TYPE_LSM, .attach = BPF_LSM_CGROUP, .target = btf},
    R{.name = "iter", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_ITER, .target = btf},
    R{.name = "iter.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_ITER, .flags = sleep, .target = btf},
    R{.name = "syscall", .prog = BPF_PROG_TYPE_SYSCALL, .flags = sleep},
    R{.name = "xdp.frags/devmap", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP_DEVMAP, .flags = frags},
    R{.name = "xdp/devmap", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP_DEVMAP, .attach_optional = true},
    R{.name = "xdp.frags/cpumap", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP_CPUMAP, .flags = frags},
    R{.name = "xdp/cpumap", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP_CPUMAP, .attach_optional = true},
    R{.name = "xdp.frags", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP, .flags = frags},
    R{.name = "xdp", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP, .attach_optional = true},
    R{.name = "perf_event", .prog = BPF_PROG_TYPE_PERF_EVENT},
    R{.name = "lwt_in", .prog = BPF_PROG_TYPE_LWT_IN},
    R{.name = "lwt_out", .prog = BPF_PROG_TYPE_LWT_OUT},
    R{.name = "lwt_xmit", .prog = BPF_PROG_TYPE_LWT_XMIT},
    R{.name = "lwt_seg6local", .prog = BPF_PROG_TYPE_LWT_SEG6LOCAL},
    R{.name = "sockops", .prog = BPF_PROG_TYPE_SOCK_OPS, .attach = BPF_CGROUP_SOCK_OPS, .attach_optional = true},
    R{.name = "sk_skb/stream_parser", .prog = BPF_PROG_TYPE_SK_SKB, .attach = BPF_SK_SKB_STREAM_PARSER, .attach_optional = true},
    R{.name = "sk_skb/stream_verdict", .prog = BPF_PROG_TYPE_SK_SKB, .attach = BPF_SK_SKB_STREAM_VERDICT, .attach_optional = true},
    R{.name = "sk_skb/verdict", .prog = BPF_PROG_TYPE_SK_SKB, .attach = BPF_SK_SKB_VERDICT, .attach_optional = true},
    R{.name = "sk_skb", .prog = BPF_PROG_TYPE_SK_SKB},
    R{.name = "sk_msg", .prog = BPF_PROG_TYPE_SK_MSG, .attach = BPF_SK_MSG_VERDICT, .attach_optional = true},
    R{.name = "lirc_mode2", .prog = BPF_PROG_TYPE_LIRC_MODE2, .attach = BPF_LIRC_MODE2, .attach_optional = true},
    R{.name = "flow_dissector", .prog = BPF_PROG_TYPE_FLOW_DISSECTOR, .attach = BPF_FLOW_DISSECTOR, .attach_optional = true},
    R{.name = "cgroup_skb/ingress", .prog = BPF_PROG_TYPE_CGROUP_SKB, .attach = BPF_CGROUP_INET_INGRESS, .attach_optional = true},
    R{.name = "cgroup_skb/egress", .prog = BPF_PROG_TYPE_CGROUP_SKB, .attach = BPF_CGROUP_INET_EGRESS, .attach_optional = true},
    R{.name = "cgroup/skb", .prog = BPF_PROG_TYPE_CGROUP_SKB},
    R{.name = "cgroup/sock_create", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET_SOCK_CREATE},
    R{.name = "cgroup/sock_release", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET_SOCK_RELEASE},
    R{.name = "cgroup/sock", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET_SOCK_CREATE, .attach_optional = true},
    R{.name = "cgroup/post_bind4", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET4_POST_BIND},
    R{.name = "cgroup/post_bind6", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET6_POST_BIND},
    R{.name = "cgroup/bind4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET4_BIND},
    R{.name = "cgroup/bind6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET6_BIND},
    R{.name = "cgroup/connect4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET4_CONNECT},
    R{.name = "cgroup/connect6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET6_CONNECT},
    R{.name = "cgroup/connect_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_CONNECT},
    R{.name = "cgroup/sendmsg4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UDP4_SENDMSG},
    R{.name = "cgroup/sendmsg6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UDP6_SENDMSG},
    R{.name = "cgroup/sendmsg_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_SENDMSG},
    R{.name = "cgroup/recvmsg4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UDP4_RECVMSG},
    R{.name = "cgroup/recvmsg6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UDP6_RECVMSG},
    R{.name = "cgroup/recvmsg_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_RECVMSG},
    R{.name = "cgroup/getpeername4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET4_GETPEERNAME},
    R{.name = "cgroup/getpeername6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET6_GETPEERNAME},
    R{.name = "cgroup/getpeername_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_GETPEERNAME},
    R{.name = "cgroup/getsockname4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET4_GETSOCKNAME},
    R{.name = "cgroup/getsockname6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET6_GETSOCKNAME},
    R{.name = "cgroup/getsockname_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_GETSOCKNAME},
    R{.name = "cgroup/sysctl", .prog = BPF_PROG_TYPE_CGROUP_SYSCTL, .attach = BPF_CGROUP_SYSCTL},
    R{.name = "cgroup/getsockopt", .prog = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach = BPF_CGROUP_GETSOCKOPT},
    R{.name = "cgroup/setsockopt", .prog = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach = BPF_CGROUP_SETSOCKOPT},
    R{.name = "cgroup/dev", .prog = BPF_PROG_TYPE_CGROUP_DEVICE, .attach = BPF_CGROUP_DEVICE, .attach_optional = true},
    R{.name = "struct_ops", .match = path, .prog = BPF_PROG_TYPE_STRUCT_OPS, .target = name},
    R{.name = "struct_ops.s", .match = path, .prog = BPF_PROG_TYPE_STRUCT_OPS, .flags = sleep, .target = name},
    R{.name = "sk_lookup", .prog = BPF_PROG_TYPE_SK_LOOKUP, .attach = BPF_SK_LOOKUP},
    R{.name = "netfilter", .prog = BPF_PROG_TYPE_NETFILTER, .attach = BPF_NETFILTER},
  });
}();
// clang-format on

consteval bool every_rule_is_reachable(std::span<const SectionRule> rules) {
  for (std::size_t later = 0; later < rules.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (rules[earlier].accepts(rules[later].name)) {
        return false;
      }
    }
  }
  return true;
}
static_assert(every_rule_is_reachable(section_rules), "an earlier rule hides a later one");

/// The rule for a section name (without '?'), or null when the name says nothing of the program's type.
constexpr const SectionRule* find_section_rule(std::string_view section) {
  for (const SectionRule& rule : section_rules) {
    if (rule.accepts(section)) {
      return &rule;
    }
  }
  return nullptr;
}

}  // namespace skep::object

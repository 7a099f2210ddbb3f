// What a section's name says of the program in it: the SEC() table. Pure data; attaching is somebody else's business.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/text.h"
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

/// A release of Linux.
struct Since {
  u8 major = 0;
  u8 minor = 0;
};

struct SectionRule {
  std::string_view name;
  Match match = Match::exact;
  bpf_prog_type prog{};
  bpf_attach_type attach{};
  u32 flags = 0;  ///< BPF_F_SLEEPABLE, BPF_F_XDP_HAS_FRAGS
  Target target = Target::none;
  bool attach_optional = false;  ///< the attach type may be left out on kernels that do not know the field
  Since since;                   ///< the first release of Linux that loads and attaches such a program
  std::string_view syntax;       ///< what may follow "NAME/": "FUNCTION[+OFFSET]"; empty: nothing may
  std::string_view
      given;  ///< what the section cannot say and whoever attaches must: "a network device (--iface)"; empty: nothing is missing
  std::string_view example;  ///< a whole section; empty: the name itself is one

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
    R{.name = "socket", .prog = BPF_PROG_TYPE_SOCKET_FILTER, .since = {3, 19}, .given = "a socket (SO_ATTACH_BPF)"},
    R{.name = "sk_reuseport/migrate", .prog = BPF_PROG_TYPE_SK_REUSEPORT, .attach = BPF_SK_REUSEPORT_SELECT_OR_MIGRATE, .since = {5, 14}, .given = "a socket of a reuseport group"},
    R{.name = "sk_reuseport", .prog = BPF_PROG_TYPE_SK_REUSEPORT, .attach = BPF_SK_REUSEPORT_SELECT, .since = {4, 19}, .given = "a socket of a reuseport group"},
    R{.name = "kprobe", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name, .since = {4, 1}, .syntax = "FUNCTION[+OFFSET]", .example = "kprobe/do_unlinkat"},
    R{.name = "uprobe", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name, .since = {4, 1}, .syntax = "FILE:FUNCTION[+OFFSET]", .example = "uprobe/libc.so.6:malloc"},
    R{.name = "uprobe.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .flags = sleep, .target = name, .since = {6, 0}, .syntax = "FILE:FUNCTION[+OFFSET]", .example = "uprobe.s/libc.so.6:malloc"},
    R{.name = "kretprobe", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name, .since = {4, 1}, .syntax = "FUNCTION", .example = "kretprobe/do_unlinkat"},
    R{.name = "uretprobe", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name, .since = {4, 1}, .syntax = "FILE:FUNCTION", .example = "uretprobe/libc.so.6:malloc"},
    R{.name = "uretprobe.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .flags = sleep, .target = name, .since = {6, 0}, .syntax = "FILE:FUNCTION", .example = "uretprobe.s/libc.so.6:malloc"},
    R{.name = "kprobe.multi", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_KPROBE_MULTI, .target = name, .since = {5, 18}, .syntax = "PATTERN", .example = "kprobe.multi/tcp_*"},
    R{.name = "kretprobe.multi", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_KPROBE_MULTI, .target = name, .since = {5, 18}, .syntax = "PATTERN", .example = "kretprobe.multi/tcp_*"},
    R{.name = "kprobe.session", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_KPROBE_SESSION, .target = name, .since = {6, 10}, .syntax = "PATTERN", .example = "kprobe.session/tcp_*"},
    R{.name = "uprobe.multi", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_MULTI, .target = name, .since = {6, 6}, .syntax = "FILE:PATTERN", .example = "uprobe.multi/libc.so.6:mem*"},
    R{.name = "uprobe.multi.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_MULTI, .flags = sleep, .target = name, .since = {6, 6}, .syntax = "FILE:PATTERN", .example = "uprobe.multi.s/libc.so.6:mem*"},
    R{.name = "uretprobe.multi", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_MULTI, .target = name, .since = {6, 6}, .syntax = "FILE:PATTERN", .example = "uretprobe.multi/libc.so.6:mem*"},
    R{.name = "uretprobe.multi.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_MULTI, .flags = sleep, .target = name, .since = {6, 6}, .syntax = "FILE:PATTERN", .example = "uretprobe.multi.s/libc.so.6:mem*"},
    R{.name = "uprobe.session", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_SESSION, .target = name, .since = {6, 13}, .syntax = "FILE:PATTERN", .example = "uprobe.session/libc.so.6:mem*"},
    R{.name = "uprobe.session.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .attach = BPF_TRACE_UPROBE_SESSION, .flags = sleep, .target = name, .since = {6, 13}, .syntax = "FILE:PATTERN", .example = "uprobe.session.s/libc.so.6:mem*"},
    R{.name = "ksyscall", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name, .since = {4, 1}, .syntax = "SYSCALL", .example = "ksyscall/unlinkat"},
    R{.name = "kretsyscall", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name, .since = {4, 1}, .syntax = "SYSCALL", .example = "kretsyscall/unlinkat"},
    R{.name = "usdt", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .target = name, .since = {4, 1}, .syntax = "FILE:PROVIDER:NAME", .example = "usdt/libc.so.6:libc:setjmp"},
    R{.name = "usdt.s", .match = path, .prog = BPF_PROG_TYPE_KPROBE, .flags = sleep, .target = name, .since = {6, 0}, .syntax = "FILE:PROVIDER:NAME", .example = "usdt.s/libc.so.6:libc:setjmp"},
    R{.name = "tc/ingress", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_TCX_INGRESS, .since = {6, 6}, .given = "a network device (--iface)"},
    R{.name = "tc/egress", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_TCX_EGRESS, .since = {6, 6}, .given = "a network device (--iface)"},
    R{.name = "tcx/ingress", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_TCX_INGRESS, .since = {6, 6}, .given = "a network device (--iface)"},
    R{.name = "tcx/egress", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_TCX_EGRESS, .since = {6, 6}, .given = "a network device (--iface)"},
    R{.name = "tc", .prog = BPF_PROG_TYPE_SCHED_CLS, .since = {4, 1}, .given = "a network device (--iface)"},
    R{.name = "classifier", .prog = BPF_PROG_TYPE_SCHED_CLS, .since = {4, 1}, .given = "a network device (--iface)"},
    R{.name = "action", .prog = BPF_PROG_TYPE_SCHED_ACT, .since = {4, 1}, .given = "a network device (--iface)"},
    R{.name = "netkit/primary", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_NETKIT_PRIMARY, .since = {6, 7}, .given = "a netkit device (--iface)"},
    R{.name = "netkit/peer", .prog = BPF_PROG_TYPE_SCHED_CLS, .attach = BPF_NETKIT_PEER, .since = {6, 7}, .given = "a netkit device (--iface)"},
    R{.name = "tracepoint", .match = path, .prog = BPF_PROG_TYPE_TRACEPOINT, .target = name, .since = {4, 7}, .syntax = "CATEGORY/NAME", .example = "tracepoint/sched/sched_switch"},
    R{.name = "tracepoint.s", .match = path, .prog = BPF_PROG_TYPE_TRACEPOINT, .flags = sleep, .target = name, .since = {7, 1}, .syntax = "CATEGORY/NAME", .example = "tracepoint.s/syscalls/sys_enter_openat"},
    R{.name = "tp", .match = path, .prog = BPF_PROG_TYPE_TRACEPOINT, .target = name, .since = {4, 7}, .syntax = "CATEGORY/NAME", .example = "tp/sched/sched_switch"},
    R{.name = "tp.s", .match = path, .prog = BPF_PROG_TYPE_TRACEPOINT, .flags = sleep, .target = name, .since = {7, 1}, .syntax = "CATEGORY/NAME", .example = "tp.s/syscalls/sys_enter_openat"},
    R{.name = "raw_tracepoint", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT, .target = name, .since = {4, 17}, .syntax = "NAME", .example = "raw_tracepoint/sched_switch"},
    R{.name = "raw_tracepoint.s", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT, .flags = sleep, .target = name, .since = {7, 1}, .syntax = "NAME", .example = "raw_tracepoint.s/sys_enter"},
    R{.name = "raw_tp", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT, .target = name, .since = {4, 17}, .syntax = "NAME", .example = "raw_tp/sched_switch"},
    R{.name = "raw_tp.s", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT, .flags = sleep, .target = name, .since = {7, 1}, .syntax = "NAME", .example = "raw_tp.s/sys_enter"},
    R{.name = "raw_tracepoint.w", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, .target = name, .since = {5, 2}, .syntax = "NAME", .example = "raw_tracepoint.w/nbd_send_request"},
    R{.name = "raw_tp.w", .match = path, .prog = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, .target = name, .since = {5, 2}, .syntax = "NAME", .example = "raw_tp.w/nbd_send_request"},
    R{.name = "tp_btf", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_RAW_TP, .target = btf, .since = {5, 5}, .syntax = "NAME", .example = "tp_btf/sched_switch"},
    R{.name = "tp_btf.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_RAW_TP, .flags = sleep, .target = btf, .since = {7, 1}, .syntax = "NAME", .example = "tp_btf.s/sys_enter"},
    R{.name = "fentry", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY, .target = btf, .since = {5, 5}, .syntax = "[MODULE:]FUNCTION", .example = "fentry/do_unlinkat"},
    R{.name = "fentry.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY, .flags = sleep, .target = btf, .since = {5, 10}, .syntax = "[MODULE:]FUNCTION", .example = "fentry.s/__x64_sys_getpgid"},
    R{.name = "fmod_ret", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_MODIFY_RETURN, .target = btf, .since = {5, 7}, .syntax = "[MODULE:]FUNCTION", .example = "fmod_ret/security_file_open"},
    R{.name = "fmod_ret.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_MODIFY_RETURN, .flags = sleep, .target = btf, .since = {5, 10}, .syntax = "[MODULE:]FUNCTION", .example = "fmod_ret.s/security_file_open"},
    R{.name = "fexit", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FEXIT, .target = btf, .since = {5, 5}, .syntax = "[MODULE:]FUNCTION", .example = "fexit/do_unlinkat"},
    R{.name = "fexit.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FEXIT, .flags = sleep, .target = btf, .since = {5, 10}, .syntax = "[MODULE:]FUNCTION", .example = "fexit.s/__x64_sys_getpgid"},
    R{.name = "fsession", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FSESSION, .target = btf, .since = {7, 0}, .syntax = "[MODULE:]FUNCTION", .example = "fsession/do_unlinkat"},
    R{.name = "fsession.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FSESSION, .flags = sleep, .target = btf, .since = {7, 0}, .syntax = "[MODULE:]FUNCTION", .example = "fsession.s/__x64_sys_getpgid"},
    R{.name = "fentry.multi", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY_MULTI, .target = name, .since = {7, 2}, .syntax = "[MODULE:]PATTERN", .example = "fentry.multi/tcp_*"},
    R{.name = "fentry.multi.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY_MULTI, .flags = sleep, .target = name, .since = {7, 2}, .syntax = "[MODULE:]PATTERN", .example = "fentry.multi.s/__x64_sys_get*"},
    R{.name = "fexit.multi", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FEXIT_MULTI, .target = name, .since = {7, 2}, .syntax = "[MODULE:]PATTERN", .example = "fexit.multi/tcp_*"},
    R{.name = "fexit.multi.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FEXIT_MULTI, .flags = sleep, .target = name, .since = {7, 2}, .syntax = "[MODULE:]PATTERN", .example = "fexit.multi.s/__x64_sys_get*"},
    R{.name = "fsession.multi", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FSESSION_MULTI, .target = name, .since = {7, 2}, .syntax = "[MODULE:]PATTERN", .example = "fsession.multi/tcp_*"},
    R{.name = "fsession.multi.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FSESSION_MULTI, .flags = sleep, .target = name, .since = {7, 2}, .syntax = "[MODULE:]PATTERN", .example = "fsession.multi.s/__x64_sys_get*"},
    R{.name = "freplace", .match = path, .prog = BPF_PROG_TYPE_EXT, .target = btf, .since = {5, 6}, .syntax = "FUNCTION", .given = "a loaded program (its descriptor)", .example = "freplace/handle_packet"},
    R{.name = "lsm", .match = path, .prog = BPF_PROG_TYPE_LSM, .attach = BPF_LSM_MAC, .target = btf, .since = {5, 7}, .syntax = "HOOK", .example = "lsm/file_open"},
    R{.name = "lsm.s", .match = path, .prog = BPF_PROG_TYPE_LSM, .attach = BPF_LSM_MAC, .flags = sleep, .target = btf, .since = {5, 10}, .syntax = "HOOK", .example = "lsm.s/file_open"},
    R{.name = "lsm_cgroup", .match = path, .prog = BPF_PROG_TYPE_LSM, .attach = BPF_LSM_CGROUP, .target = btf, .since = {6, 0}, .syntax = "HOOK", .given = "a cgroup (--cgroup)", .example = "lsm_cgroup/socket_bind"},
    R{.name = "iter", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_ITER, .target = btf, .since = {5, 8}, .syntax = "KIND", .example = "iter/task"},
    R{.name = "iter.s", .match = path, .prog = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_ITER, .flags = sleep, .target = btf, .since = {5, 19}, .syntax = "KIND", .example = "iter.s/task"},
    R{.name = "syscall", .prog = BPF_PROG_TYPE_SYSCALL, .flags = sleep, .since = {5, 14}, .given = "nothing: it is run, not attached"},
    R{.name = "xdp.frags/devmap", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP_DEVMAP, .flags = frags, .since = {5, 18}, .given = "an element of a device or CPU map"},
    R{.name = "xdp/devmap", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP_DEVMAP, .attach_optional = true, .since = {5, 8}, .given = "an element of a device map"},
    R{.name = "xdp.frags/cpumap", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP_CPUMAP, .flags = frags, .since = {5, 18}, .given = "an element of a device or CPU map"},
    R{.name = "xdp/cpumap", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP_CPUMAP, .attach_optional = true, .since = {5, 9}, .given = "an element of a CPU map"},
    R{.name = "xdp.frags", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP, .flags = frags, .since = {5, 18}, .given = "a network device (--iface)"},
    R{.name = "xdp", .prog = BPF_PROG_TYPE_XDP, .attach = BPF_XDP, .attach_optional = true, .since = {4, 8}, .given = "a network device (--iface)"},
    R{.name = "perf_event", .prog = BPF_PROG_TYPE_PERF_EVENT, .since = {4, 9}, .given = "an event (--event)"},
    R{.name = "lwt_in", .prog = BPF_PROG_TYPE_LWT_IN, .since = {4, 10}, .given = "a route (ip route ... encap bpf)"},
    R{.name = "lwt_out", .prog = BPF_PROG_TYPE_LWT_OUT, .since = {4, 10}, .given = "a route (ip route ... encap bpf)"},
    R{.name = "lwt_xmit", .prog = BPF_PROG_TYPE_LWT_XMIT, .since = {4, 10}, .given = "a route (ip route ... encap bpf)"},
    R{.name = "lwt_seg6local", .prog = BPF_PROG_TYPE_LWT_SEG6LOCAL, .since = {4, 18}, .given = "a route (ip route ... encap seg6local)"},
    R{.name = "sockops", .prog = BPF_PROG_TYPE_SOCK_OPS, .attach = BPF_CGROUP_SOCK_OPS, .attach_optional = true, .since = {4, 13}, .given = "a cgroup (--cgroup)"},
    R{.name = "sk_skb/stream_parser", .prog = BPF_PROG_TYPE_SK_SKB, .attach = BPF_SK_SKB_STREAM_PARSER, .attach_optional = true, .since = {4, 14}, .given = "a socket map (--map)"},
    R{.name = "sk_skb/stream_verdict", .prog = BPF_PROG_TYPE_SK_SKB, .attach = BPF_SK_SKB_STREAM_VERDICT, .attach_optional = true, .since = {4, 14}, .given = "a socket map (--map)"},
    R{.name = "sk_skb/verdict", .prog = BPF_PROG_TYPE_SK_SKB, .attach = BPF_SK_SKB_VERDICT, .attach_optional = true, .since = {5, 13}, .given = "a socket map (--map)"},
    R{.name = "sk_skb", .prog = BPF_PROG_TYPE_SK_SKB, .since = {4, 14}, .given = "a socket map (--map)"},
    R{.name = "sk_msg", .prog = BPF_PROG_TYPE_SK_MSG, .attach = BPF_SK_MSG_VERDICT, .attach_optional = true, .since = {4, 17}, .given = "a socket map (--map)"},
    R{.name = "lirc_mode2", .prog = BPF_PROG_TYPE_LIRC_MODE2, .attach = BPF_LIRC_MODE2, .attach_optional = true, .since = {4, 18}, .given = "an infrared device (--path)"},
    R{.name = "flow_dissector", .prog = BPF_PROG_TYPE_FLOW_DISSECTOR, .attach = BPF_FLOW_DISSECTOR, .attach_optional = true, .since = {4, 20}, .given = "a network namespace (--netns)"},
    R{.name = "cgroup_skb/ingress", .prog = BPF_PROG_TYPE_CGROUP_SKB, .attach = BPF_CGROUP_INET_INGRESS, .attach_optional = true, .since = {4, 10}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup_skb/egress", .prog = BPF_PROG_TYPE_CGROUP_SKB, .attach = BPF_CGROUP_INET_EGRESS, .attach_optional = true, .since = {4, 10}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/skb", .prog = BPF_PROG_TYPE_CGROUP_SKB, .since = {4, 10}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/sock_create", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET_SOCK_CREATE, .since = {4, 10}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/sock_release", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET_SOCK_RELEASE, .since = {5, 9}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/sock", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET_SOCK_CREATE, .attach_optional = true, .since = {4, 10}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/post_bind4", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET4_POST_BIND, .since = {4, 17}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/post_bind6", .prog = BPF_PROG_TYPE_CGROUP_SOCK, .attach = BPF_CGROUP_INET6_POST_BIND, .since = {4, 17}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/bind4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET4_BIND, .since = {4, 17}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/bind6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET6_BIND, .since = {4, 17}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/connect4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET4_CONNECT, .since = {4, 17}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/connect6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET6_CONNECT, .since = {4, 17}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/connect_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_CONNECT, .since = {6, 7}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/sendmsg4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UDP4_SENDMSG, .since = {4, 18}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/sendmsg6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UDP6_SENDMSG, .since = {4, 18}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/sendmsg_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_SENDMSG, .since = {6, 7}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/recvmsg4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UDP4_RECVMSG, .since = {5, 2}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/recvmsg6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UDP6_RECVMSG, .since = {5, 2}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/recvmsg_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_RECVMSG, .since = {6, 7}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/getpeername4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET4_GETPEERNAME, .since = {5, 8}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/getpeername6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET6_GETPEERNAME, .since = {5, 8}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/getpeername_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_GETPEERNAME, .since = {6, 7}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/getsockname4", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET4_GETSOCKNAME, .since = {5, 8}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/getsockname6", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_INET6_GETSOCKNAME, .since = {5, 8}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/getsockname_unix", .prog = BPF_PROG_TYPE_CGROUP_SOCK_ADDR, .attach = BPF_CGROUP_UNIX_GETSOCKNAME, .since = {6, 7}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/sysctl", .prog = BPF_PROG_TYPE_CGROUP_SYSCTL, .attach = BPF_CGROUP_SYSCTL, .since = {5, 2}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/getsockopt", .prog = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach = BPF_CGROUP_GETSOCKOPT, .since = {5, 3}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/setsockopt", .prog = BPF_PROG_TYPE_CGROUP_SOCKOPT, .attach = BPF_CGROUP_SETSOCKOPT, .since = {5, 3}, .given = "a cgroup (--cgroup)"},
    R{.name = "cgroup/dev", .prog = BPF_PROG_TYPE_CGROUP_DEVICE, .attach = BPF_CGROUP_DEVICE, .attach_optional = true, .since = {4, 15}, .given = "a cgroup (--cgroup)"},
    R{.name = "struct_ops", .match = path, .prog = BPF_PROG_TYPE_STRUCT_OPS, .target = name, .since = {5, 6}, .syntax = "NAME", .given = "the map that names it", .example = "struct_ops/init"},
    R{.name = "struct_ops.s", .match = path, .prog = BPF_PROG_TYPE_STRUCT_OPS, .flags = sleep, .target = name, .since = {5, 19}, .syntax = "NAME", .given = "the map that names it", .example = "struct_ops.s/init"},
    R{.name = "sk_lookup", .prog = BPF_PROG_TYPE_SK_LOOKUP, .attach = BPF_SK_LOOKUP, .since = {5, 9}, .given = "a network namespace (--netns)"},
    R{.name = "netfilter", .prog = BPF_PROG_TYPE_NETFILTER, .attach = BPF_NETFILTER, .since = {6, 4}, .given = "a packet hook (--family, --hook)"},
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

/// A section that the rule accepts, for people.
constexpr std::string_view example_of(const SectionRule& rule) {
  return rule.example.empty() ? rule.name : rule.example;
}

/// Every row says since when, what follows it where something may, and shows an example that finds this very row.
consteval bool every_rule_is_complete(std::span<const SectionRule> rules) {
  for (const SectionRule& rule : rules) {
    const SectionRule* found = nullptr;
    for (const SectionRule& other : rules) {
      if (other.accepts(example_of(rule))) {
        found = &other;
        break;
      }
    }
    const bool takes_target = rule.target != Target::none;
    if (found != &rule || rule.since.major < 3 || rule.prog == BPF_PROG_TYPE_UNSPEC ||
        takes_target != (rule.match == Match::exact_or_path) || takes_target == rule.syntax.empty() ||
        takes_target == rule.example.empty() || (!takes_target && rule.given.empty())) {
      return false;
    }
  }
  return true;
}
static_assert(every_rule_is_complete(section_rules),
              "a row that does not say since when, what follows it, or gives no example");
static_assert(section_rules.size() == 116);

consteval bool names_differ(std::span<const SectionRule> rules) {
  for (std::size_t later = 0; later < rules.size(); ++later) {
    for (std::size_t earlier = 0; earlier < later; ++earlier) {
      if (rules[earlier].name == rules[later].name) {
        return false;
      }
    }
  }
  return true;
}
static_assert(names_differ(section_rules));

/// "5.18".
inline std::string text_of(Since since) {
  return cat(since.major, ".", since.minor);
}

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

// Kinds of program: what BPF_PROG_LOAD loads. Complete to Linux 7.3.
#pragma once

#include "skep/uapi/names.h"

namespace skep {

// clang-format off: one enumerator, its comment and its name per line

/// The kind of a program: its context argument, the helpers it may call, what its return value means.
enum bpf_prog_type : u32 {
  BPF_PROG_TYPE_UNSPEC = 0,                    ///< no program; BPF_PROG_LOAD refuses it
  BPF_PROG_TYPE_SOCKET_FILTER = 1,             ///< sees packets of one socket; returns how many bytes to keep (since 3.19)
  BPF_PROG_TYPE_KPROBE = 2,                    ///< probes of kernel and user functions; context is the registers (since 4.1)
  BPF_PROG_TYPE_SCHED_CLS = 3,                 ///< traffic control classifier, tcx and netkit; decides what becomes of a packet (since 4.1)
  BPF_PROG_TYPE_SCHED_ACT = 4,                 ///< traffic control action (since 4.1)
  BPF_PROG_TYPE_TRACEPOINT = 5,                ///< static tracepoints; context is the tracepoint's record (since 4.7)
  BPF_PROG_TYPE_XDP = 6,                       ///< packets in the driver, before the network stack (since 4.8)
  BPF_PROG_TYPE_PERF_EVENT = 7,                ///< samples of a perf event (since 4.9)
  BPF_PROG_TYPE_CGROUP_SKB = 8,                ///< packets entering or leaving a cgroup's sockets (since 4.10)
  BPF_PROG_TYPE_CGROUP_SOCK = 9,               ///< sockets being made, bound or released in a cgroup (since 4.10)
  BPF_PROG_TYPE_LWT_IN = 10,                   ///< packets received by a light-weight tunnel route (since 4.10)
  BPF_PROG_TYPE_LWT_OUT = 11,                  ///< packets sent by a light-weight tunnel route (since 4.10)
  BPF_PROG_TYPE_LWT_XMIT = 12,                 ///< packets about to be transmitted by a light-weight tunnel route; may rewrite headers (since 4.10)
  BPF_PROG_TYPE_SOCK_OPS = 13,                 ///< events of TCP connections in a cgroup (since 4.13)
  BPF_PROG_TYPE_SK_SKB = 14,                   ///< splits a socket's stream into messages and redirects them (since 4.14)
  BPF_PROG_TYPE_CGROUP_DEVICE = 15,            ///< may a cgroup's task open or make this device node? (since 4.15)
  BPF_PROG_TYPE_SK_MSG = 16,                   ///< messages sent on sockets of a sock map (since 4.17)
  BPF_PROG_TYPE_RAW_TRACEPOINT = 17,           ///< tracepoints with their raw arguments (since 4.17)
  BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18,         ///< addresses given to bind, connect, sendmsg and their like; may rewrite them (since 4.17)
  BPF_PROG_TYPE_LWT_SEG6LOCAL = 19,            ///< IPv6 segment routing endpoints (since 4.18)
  BPF_PROG_TYPE_LIRC_MODE2 = 20,               ///< decodes infra-red pulses (since 4.18)
  BPF_PROG_TYPE_SK_REUSEPORT = 21,             ///< picks the socket of a SO_REUSEPORT group (since 4.19)
  BPF_PROG_TYPE_FLOW_DISSECTOR = 22,           ///< finds a packet's addresses and ports for the rest of the stack (since 4.20)
  BPF_PROG_TYPE_CGROUP_SYSCTL = 23,            ///< reads and writes of sysctl files by a cgroup's tasks (since 5.2)
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE = 24,  ///< as RAW_TRACEPOINT, where the tracepoint allows writing to its buffer (since 5.2)
  BPF_PROG_TYPE_CGROUP_SOCKOPT = 25,           ///< getsockopt and setsockopt of a cgroup's tasks (since 5.3)
  BPF_PROG_TYPE_TRACING = 26,                  ///< functions by BTF (fentry, fexit, fmod_ret), typed tracepoints, iterators (since 5.5)
  BPF_PROG_TYPE_STRUCT_OPS = 27,               ///< one function of a kernel table of functions (since 5.6)
  BPF_PROG_TYPE_EXT = 28,                      ///< replaces a global function of a loaded program (since 5.6)
  BPF_PROG_TYPE_LSM = 29,                      ///< security hooks (since 5.7)
  BPF_PROG_TYPE_SK_LOOKUP = 30,                ///< picks the socket that takes an incoming connection (since 5.9)
  BPF_PROG_TYPE_SYSCALL = 31,                  ///< runs only by test-run, and may call bpf(2) itself: light skeletons (since 5.14)
  BPF_PROG_TYPE_NETFILTER = 32,                ///< netfilter hooks (since 6.4)
};

/// bpf_prog_type and the short names that libbpf and bpftool use.
inline constexpr auto prog_type_names = std::to_array<NameRow<bpf_prog_type>>({
    {BPF_PROG_TYPE_UNSPEC,                  "unspec"},
    {BPF_PROG_TYPE_SOCKET_FILTER,           "socket_filter"},
    {BPF_PROG_TYPE_KPROBE,                  "kprobe"},
    {BPF_PROG_TYPE_SCHED_CLS,               "sched_cls"},
    {BPF_PROG_TYPE_SCHED_ACT,               "sched_act"},
    {BPF_PROG_TYPE_TRACEPOINT,              "tracepoint"},
    {BPF_PROG_TYPE_XDP,                     "xdp"},
    {BPF_PROG_TYPE_PERF_EVENT,              "perf_event"},
    {BPF_PROG_TYPE_CGROUP_SKB,              "cgroup_skb"},
    {BPF_PROG_TYPE_CGROUP_SOCK,             "cgroup_sock"},
    {BPF_PROG_TYPE_LWT_IN,                  "lwt_in"},
    {BPF_PROG_TYPE_LWT_OUT,                 "lwt_out"},
    {BPF_PROG_TYPE_LWT_XMIT,                "lwt_xmit"},
    {BPF_PROG_TYPE_SOCK_OPS,                "sock_ops"},
    {BPF_PROG_TYPE_SK_SKB,                  "sk_skb"},
    {BPF_PROG_TYPE_CGROUP_DEVICE,           "cgroup_device"},
    {BPF_PROG_TYPE_SK_MSG,                  "sk_msg"},
    {BPF_PROG_TYPE_RAW_TRACEPOINT,          "raw_tracepoint"},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR,        "cgroup_sock_addr"},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL,           "lwt_seg6local"},
    {BPF_PROG_TYPE_LIRC_MODE2,              "lirc_mode2"},
    {BPF_PROG_TYPE_SK_REUSEPORT,            "sk_reuseport"},
    {BPF_PROG_TYPE_FLOW_DISSECTOR,          "flow_dissector"},
    {BPF_PROG_TYPE_CGROUP_SYSCTL,           "cgroup_sysctl"},
    {BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, "raw_tracepoint_writable"},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT,          "cgroup_sockopt"},
    {BPF_PROG_TYPE_TRACING,                 "tracing"},
    {BPF_PROG_TYPE_STRUCT_OPS,              "struct_ops"},
    {BPF_PROG_TYPE_EXT,                     "ext"},
    {BPF_PROG_TYPE_LSM,                     "lsm"},
    {BPF_PROG_TYPE_SK_LOOKUP,               "sk_lookup"},
    {BPF_PROG_TYPE_SYSCALL,                 "syscall"},
    {BPF_PROG_TYPE_NETFILTER,               "netfilter"},
});
static_assert(names_are_unique(prog_type_names));

// clang-format on

/// The short name of `value`, or an empty text for what is newer than this table.
constexpr std::string_view name_of(bpf_prog_type value) {
  return name_of(prog_type_names, value);
}

/// The bpf_prog_type called `name`, or nothing.
constexpr std::optional<bpf_prog_type> prog_type_from_name(std::string_view name) {
  return from_name(prog_type_names, name);
}

}  // namespace skep

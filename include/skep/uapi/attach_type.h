// Where a program goes: the expected_attach_type of BPF_PROG_LOAD and the attach_type of links. Complete to Linux 7.3.
#pragma once

#include "skep/uapi/names.h"

namespace skep {

// clang-format off: one enumerator, its comment and its name per line

/// The hook that a program is for. A program type that has one hook only is loaded with 0, whatever 0's name says.
enum bpf_attach_type : u32 {
  BPF_CGROUP_INET_INGRESS = 0,              ///< packets to a cgroup's sockets (since 4.10)
  BPF_CGROUP_INET_EGRESS = 1,               ///< packets from a cgroup's sockets (since 4.10)
  BPF_CGROUP_INET_SOCK_CREATE = 2,          ///< an inet socket is made (since 4.10)
  BPF_CGROUP_SOCK_OPS = 3,                  ///< TCP events (since 4.13)
  BPF_SK_SKB_STREAM_PARSER = 4,             ///< how long is the next message of this stream? (since 4.14)
  BPF_SK_SKB_STREAM_VERDICT = 5,            ///< where does this message go? (since 4.14)
  BPF_CGROUP_DEVICE = 6,                    ///< device access (since 4.15)
  BPF_SK_MSG_VERDICT = 7,                   ///< where does this sent message go? (since 4.17)
  BPF_CGROUP_INET4_BIND = 8,                ///< bind of an IPv4 address (since 4.17)
  BPF_CGROUP_INET6_BIND = 9,                ///< bind of an IPv6 address (since 4.17)
  BPF_CGROUP_INET4_CONNECT = 10,            ///< connect to an IPv4 address (since 4.17)
  BPF_CGROUP_INET6_CONNECT = 11,            ///< connect to an IPv6 address (since 4.17)
  BPF_CGROUP_INET4_POST_BIND = 12,          ///< after bind, IPv4: may still refuse (since 4.17)
  BPF_CGROUP_INET6_POST_BIND = 13,          ///< after bind, IPv6: may still refuse (since 4.17)
  BPF_CGROUP_UDP4_SENDMSG = 14,             ///< sendto without connection, IPv4 (since 4.18)
  BPF_CGROUP_UDP6_SENDMSG = 15,             ///< sendto without connection, IPv6 (since 4.18)
  BPF_LIRC_MODE2 = 16,                      ///< an infra-red receiver (since 4.18)
  BPF_FLOW_DISSECTOR = 17,                  ///< a network namespace's dissector (since 4.20)
  BPF_CGROUP_SYSCTL = 18,                   ///< sysctl access (since 5.2)
  BPF_CGROUP_UDP4_RECVMSG = 19,             ///< recvfrom without connection, IPv4 (since 5.2)
  BPF_CGROUP_UDP6_RECVMSG = 20,             ///< recvfrom without connection, IPv6 (since 5.2)
  BPF_CGROUP_GETSOCKOPT = 21,               ///< getsockopt (since 5.3)
  BPF_CGROUP_SETSOCKOPT = 22,               ///< setsockopt (since 5.3)
  BPF_TRACE_RAW_TP = 23,                    ///< a tracepoint with typed arguments (tp_btf) (since 5.5)
  BPF_TRACE_FENTRY = 24,                    ///< entry of a kernel function or program (since 5.5)
  BPF_TRACE_FEXIT = 25,                     ///< exit of a kernel function or program (since 5.5)
  BPF_MODIFY_RETURN = 26,                   ///< before a function that allows it; a non-zero return skips it (fmod_ret) (since 5.7)
  BPF_LSM_MAC = 27,                         ///< a security hook, machine-wide (since 5.7)
  BPF_TRACE_ITER = 28,                      ///< walks kernel objects when user space reads (since 5.8)
  BPF_CGROUP_INET4_GETPEERNAME = 29,        ///< getpeername, IPv4 (since 5.8)
  BPF_CGROUP_INET6_GETPEERNAME = 30,        ///< getpeername, IPv6 (since 5.8)
  BPF_CGROUP_INET4_GETSOCKNAME = 31,        ///< getsockname, IPv4 (since 5.8)
  BPF_CGROUP_INET6_GETSOCKNAME = 32,        ///< getsockname, IPv6 (since 5.8)
  BPF_XDP_DEVMAP = 33,                      ///< runs on packets that a DEVMAP entry redirects (since 5.8)
  BPF_CGROUP_INET_SOCK_RELEASE = 34,        ///< an inet socket is released (since 5.9)
  BPF_XDP_CPUMAP = 35,                      ///< runs on packets that a CPUMAP entry moves (since 5.9)
  BPF_SK_LOOKUP = 36,                       ///< a network namespace's socket lookup (since 5.9)
  BPF_XDP = 37,                             ///< a network device (since 5.9)
  BPF_SK_SKB_VERDICT = 38,                  ///< as SK_SKB_STREAM_VERDICT, without a parser (since 5.13)
  BPF_SK_REUSEPORT_SELECT = 39,             ///< picks a socket for a new connection (since 5.14)
  BPF_SK_REUSEPORT_SELECT_OR_MIGRATE = 40,  ///< also picks where a closing listener's connections go (since 5.14)
  BPF_PERF_EVENT = 41,                      ///< a perf event, by link (since 5.15)
  BPF_TRACE_KPROBE_MULTI = 42,              ///< many kernel functions at once (since 5.18)
  BPF_LSM_CGROUP = 43,                      ///< a security hook, for a cgroup's tasks only (since 6.0)
  BPF_STRUCT_OPS = 44,                      ///< a struct_ops map, by link (since 6.4)
  BPF_NETFILTER = 45,                       ///< a netfilter hook (since 6.4)
  BPF_TCX_INGRESS = 46,                     ///< a network device's traffic control, incoming (since 6.6)
  BPF_TCX_EGRESS = 47,                      ///< a network device's traffic control, outgoing (since 6.6)
  BPF_TRACE_UPROBE_MULTI = 48,              ///< many places of one executable at once (since 6.6)
  BPF_CGROUP_UNIX_CONNECT = 49,             ///< connect of a Unix socket (since 6.7)
  BPF_CGROUP_UNIX_SENDMSG = 50,             ///< sendto on a Unix socket (since 6.7)
  BPF_CGROUP_UNIX_RECVMSG = 51,             ///< recvfrom on a Unix socket (since 6.7)
  BPF_CGROUP_UNIX_GETPEERNAME = 52,         ///< getpeername of a Unix socket (since 6.7)
  BPF_CGROUP_UNIX_GETSOCKNAME = 53,         ///< getsockname of a Unix socket (since 6.7)
  BPF_NETKIT_PRIMARY = 54,                  ///< the host's end of a netkit pair (since 6.7)
  BPF_NETKIT_PEER = 55,                     ///< the container's end of a netkit pair (since 6.7)
  BPF_TRACE_KPROBE_SESSION = 56,            ///< entry and exit of many kernel functions, with a cookie between them (since 6.10)
  BPF_TRACE_UPROBE_SESSION = 57,            ///< entry and exit of many places of one executable (since 6.13)
  BPF_TRACE_FSESSION = 58,                  ///< entry and exit of one kernel function by BTF (since 7.0)
  BPF_TRACE_FENTRY_MULTI = 59,              ///< entry of many kernel functions by BTF (since 7.2)
  BPF_TRACE_FEXIT_MULTI = 60,               ///< exit of many kernel functions by BTF (since 7.2)
  BPF_TRACE_FSESSION_MULTI = 61,            ///< entry and exit of many kernel functions by BTF (since 7.2)
};

/// bpf_attach_type and the short names that libbpf and bpftool use.
inline constexpr auto attach_type_names = std::to_array<NameRow<bpf_attach_type>>({
    {BPF_CGROUP_INET_INGRESS,            "cgroup_inet_ingress"},
    {BPF_CGROUP_INET_EGRESS,             "cgroup_inet_egress"},
    {BPF_CGROUP_INET_SOCK_CREATE,        "cgroup_inet_sock_create"},
    {BPF_CGROUP_SOCK_OPS,                "cgroup_sock_ops"},
    {BPF_SK_SKB_STREAM_PARSER,           "sk_skb_stream_parser"},
    {BPF_SK_SKB_STREAM_VERDICT,          "sk_skb_stream_verdict"},
    {BPF_CGROUP_DEVICE,                  "cgroup_device"},
    {BPF_SK_MSG_VERDICT,                 "sk_msg_verdict"},
    {BPF_CGROUP_INET4_BIND,              "cgroup_inet4_bind"},
    {BPF_CGROUP_INET6_BIND,              "cgroup_inet6_bind"},
    {BPF_CGROUP_INET4_CONNECT,           "cgroup_inet4_connect"},
    {BPF_CGROUP_INET6_CONNECT,           "cgroup_inet6_connect"},
    {BPF_CGROUP_INET4_POST_BIND,         "cgroup_inet4_post_bind"},
    {BPF_CGROUP_INET6_POST_BIND,         "cgroup_inet6_post_bind"},
    {BPF_CGROUP_UDP4_SENDMSG,            "cgroup_udp4_sendmsg"},
    {BPF_CGROUP_UDP6_SENDMSG,            "cgroup_udp6_sendmsg"},
    {BPF_LIRC_MODE2,                     "lirc_mode2"},
    {BPF_FLOW_DISSECTOR,                 "flow_dissector"},
    {BPF_CGROUP_SYSCTL,                  "cgroup_sysctl"},
    {BPF_CGROUP_UDP4_RECVMSG,            "cgroup_udp4_recvmsg"},
    {BPF_CGROUP_UDP6_RECVMSG,            "cgroup_udp6_recvmsg"},
    {BPF_CGROUP_GETSOCKOPT,              "cgroup_getsockopt"},
    {BPF_CGROUP_SETSOCKOPT,              "cgroup_setsockopt"},
    {BPF_TRACE_RAW_TP,                   "trace_raw_tp"},
    {BPF_TRACE_FENTRY,                   "trace_fentry"},
    {BPF_TRACE_FEXIT,                    "trace_fexit"},
    {BPF_MODIFY_RETURN,                  "modify_return"},
    {BPF_LSM_MAC,                        "lsm_mac"},
    {BPF_TRACE_ITER,                     "trace_iter"},
    {BPF_CGROUP_INET4_GETPEERNAME,       "cgroup_inet4_getpeername"},
    {BPF_CGROUP_INET6_GETPEERNAME,       "cgroup_inet6_getpeername"},
    {BPF_CGROUP_INET4_GETSOCKNAME,       "cgroup_inet4_getsockname"},
    {BPF_CGROUP_INET6_GETSOCKNAME,       "cgroup_inet6_getsockname"},
    {BPF_XDP_DEVMAP,                     "xdp_devmap"},
    {BPF_CGROUP_INET_SOCK_RELEASE,       "cgroup_inet_sock_release"},
    {BPF_XDP_CPUMAP,                     "xdp_cpumap"},
    {BPF_SK_LOOKUP,                      "sk_lookup"},
    {BPF_XDP,                            "xdp"},
    {BPF_SK_SKB_VERDICT,                 "sk_skb_verdict"},
    {BPF_SK_REUSEPORT_SELECT,            "sk_reuseport_select"},
    {BPF_SK_REUSEPORT_SELECT_OR_MIGRATE, "sk_reuseport_select_or_migrate"},
    {BPF_PERF_EVENT,                     "perf_event"},
    {BPF_TRACE_KPROBE_MULTI,             "trace_kprobe_multi"},
    {BPF_LSM_CGROUP,                     "lsm_cgroup"},
    {BPF_STRUCT_OPS,                     "struct_ops"},
    {BPF_NETFILTER,                      "netfilter"},
    {BPF_TCX_INGRESS,                    "tcx_ingress"},
    {BPF_TCX_EGRESS,                     "tcx_egress"},
    {BPF_TRACE_UPROBE_MULTI,             "trace_uprobe_multi"},
    {BPF_CGROUP_UNIX_CONNECT,            "cgroup_unix_connect"},
    {BPF_CGROUP_UNIX_SENDMSG,            "cgroup_unix_sendmsg"},
    {BPF_CGROUP_UNIX_RECVMSG,            "cgroup_unix_recvmsg"},
    {BPF_CGROUP_UNIX_GETPEERNAME,        "cgroup_unix_getpeername"},
    {BPF_CGROUP_UNIX_GETSOCKNAME,        "cgroup_unix_getsockname"},
    {BPF_NETKIT_PRIMARY,                 "netkit_primary"},
    {BPF_NETKIT_PEER,                    "netkit_peer"},
    {BPF_TRACE_KPROBE_SESSION,           "trace_kprobe_session"},
    {BPF_TRACE_UPROBE_SESSION,           "trace_uprobe_session"},
    {BPF_TRACE_FSESSION,                 "trace_fsession"},
    {BPF_TRACE_FENTRY_MULTI,             "trace_fentry_multi"},
    {BPF_TRACE_FEXIT_MULTI,              "trace_fexit_multi"},
    {BPF_TRACE_FSESSION_MULTI,           "trace_fsession_multi"},
});
static_assert(names_are_unique(attach_type_names));

// clang-format on

/// The short name of `value`, or an empty text for what is newer than this table.
constexpr std::string_view name_of(bpf_attach_type value) {
  return name_of(attach_type_names, value);
}

/// The bpf_attach_type called `name`, or nothing.
constexpr std::optional<bpf_attach_type> attach_type_from_name(std::string_view name) {
  return from_name(attach_type_names, name);
}

}  // namespace skep

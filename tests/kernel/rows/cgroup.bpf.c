// One program per section of the cgroup family; each allows everything and counts its runs.
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

__u64 hits = 0;

#define ROW(section, name)               \
  SEC(section) int name(void* context) { \
    __sync_fetch_and_add(&hits, 1);      \
    return 1;                            \
  }

ROW("cgroup_skb/ingress", skb_ingress)
ROW("cgroup_skb/egress", skb_egress)
ROW("cgroup/skb", skb)
ROW("cgroup/sock", sock)
ROW("cgroup/sock_create", sock_create)
ROW("cgroup/sock_release", sock_release)
ROW("cgroup/post_bind4", post_bind4)
ROW("cgroup/post_bind6", post_bind6)
ROW("cgroup/bind4", bind4)
ROW("cgroup/bind6", bind6)
ROW("cgroup/connect4", connect4)
ROW("cgroup/connect6", connect6)
ROW("cgroup/connect_unix", connect_unix)
ROW("cgroup/sendmsg4", sendmsg4)
ROW("cgroup/sendmsg6", sendmsg6)
ROW("cgroup/sendmsg_unix", sendmsg_unix)
ROW("cgroup/recvmsg4", recvmsg4)
ROW("cgroup/recvmsg6", recvmsg6)
ROW("cgroup/recvmsg_unix", recvmsg_unix)
ROW("cgroup/getpeername4", getpeername4)
ROW("cgroup/getpeername6", getpeername6)
ROW("cgroup/getpeername_unix", getpeername_unix)
ROW("cgroup/getsockname4", getsockname4)
ROW("cgroup/getsockname6", getsockname6)
ROW("cgroup/getsockname_unix", getsockname_unix)
ROW("cgroup/sysctl", sysctl)
ROW("cgroup/getsockopt", getsockopt)
ROW("cgroup/setsockopt", setsockopt)
ROW("cgroup/dev", dev)
ROW("sockops", tcp_events)

char _license[] SEC("license") = "GPL";

// One program per section of the network families; each counts its runs.
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

__u64 hits = 0;

#define ROW(section, name, verdict)      \
  SEC(section) int name(void* context) { \
    __sync_fetch_and_add(&hits, 1);      \
    return verdict;                      \
  }

enum { everything = 0xffff, pass = 1, next = -1, xdp_drop = 1, xdp_pass = 2, act_pipe = 3, dissected = 0 };

ROW("socket", socket_filter, everything)
ROW("sk_reuseport", reuseport, pass)
ROW("sk_reuseport/migrate", reuseport_migrate, pass)
ROW("sk_lookup", lookup, pass)
ROW("flow_dissector", dissector, dissected)
ROW("netfilter", filter, pass)
ROW("lirc_mode2", lirc, 0)

ROW("tc/ingress", tc_ingress, next)
ROW("tc/egress", tc_egress, next)
ROW("tcx/ingress", tcx_ingress, next)
ROW("tcx/egress", tcx_egress, next)
ROW("tc", tc_old, next)
ROW("classifier", tc_oldest, next)
ROW("action", tc_action, act_pipe)
ROW("netkit/primary", netkit_primary, next)
ROW("netkit/peer", netkit_peer, next)

ROW("lwt_in", route_in, 0)
ROW("lwt_out", route_out, 0)
ROW("lwt_xmit", route_xmit, 0)
ROW("lwt_seg6local", route_seg6, 0)

ROW("xdp", xdp_plain, xdp_pass)
ROW("xdp.frags", xdp_frags, xdp_pass)
ROW("xdp/devmap", xdp_devmap, xdp_drop)
ROW("xdp/cpumap", xdp_cpumap, xdp_pass)
ROW("xdp.frags/devmap", xdp_frags_devmap, xdp_drop)
ROW("xdp.frags/cpumap", xdp_frags_cpumap, xdp_pass)

// Where packets come from that a devmap's or a cpumap's program sees. A map's programs must all cope with fragments, or none.
struct hop {
  unsigned target;  // a device, or packets in the queue
  int program;
};
#define HOPS(kind, name)       \
  struct {                     \
    __uint(type, kind);        \
    __uint(max_entries, 8);    \
    __type(key, unsigned);     \
    __type(value, struct hop); \
  } name SEC(".maps")
HOPS(BPF_MAP_TYPE_DEVMAP, devices);
HOPS(BPF_MAP_TYPE_CPUMAP, processors);
HOPS(BPF_MAP_TYPE_DEVMAP, frags_devices);
HOPS(BPF_MAP_TYPE_CPUMAP, frags_processors);

SEC("xdp") int to_device(void* context) {
  return bpf_redirect_map(&devices, 0, 0);
}
SEC("xdp") int to_processor(void* context) {
  return bpf_redirect_map(&processors, 0, 0);
}
SEC("xdp.frags") int frags_to_device(void* context) {
  return bpf_redirect_map(&frags_devices, 0, 0);
}
SEC("xdp.frags") int frags_to_processor(void* context) {
  return bpf_redirect_map(&frags_processors, 0, 0);
}

// Sockets of a map. The parser says how long a message is: all that came.
struct {
  __uint(type, BPF_MAP_TYPE_SOCKMAP);
  __uint(max_entries, 4);
  __type(key, unsigned);
  __type(value, unsigned);
} sockets SEC(".maps");

SEC("sk_skb/stream_parser") int parser(struct __sk_buff* packet) {
  __sync_fetch_and_add(&hits, 1);
  return packet->len;
}
SEC("sk_skb/stream_verdict") int companion(struct __sk_buff* packet) {
  return pass;
}
ROW("sk_skb/stream_verdict", stream_verdict, pass)
ROW("sk_skb/verdict", verdict, pass)
ROW("sk_skb", open_verdict, pass)
ROW("sk_msg", message, pass)

char _license[] SEC("license") = "GPL";

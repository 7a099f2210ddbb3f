/* Every connect() of the processes of a control group, logged before it happens. Returning 0 would refuse it. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_endian.h"
#include "bpf/bpf_helpers.h"

/* What these programs get. User space sees this struct too, so its layout is fixed. */
struct bpf_sock_addr {
  __u32 user_family;
  __u32 user_ip4; /* in network order, like all of them */
  __u32 user_ip6[4];
  __u32 user_port;
  __u32 family;
  __u32 type;
  __u32 protocol;
};

struct event {
  __u32 pid;
  __u32 protocol;
  __u16 port;
  __u16 is_ipv6;
  __u32 address[4];
  char comm[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 * 1024);
  __type(value, struct event);
} events SEC(".maps");

__u64 lost;

static struct event* begin(struct bpf_sock_addr* ctx) {
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost, 1);
    return NULL;
  }
  __builtin_memset(event, 0, sizeof(*event));
  event->pid = bpf_get_current_pid_tgid() >> 32;
  event->protocol = ctx->protocol;
  event->port = bpf_ntohs((__u16)ctx->user_port);
  bpf_get_current_comm(event->comm, sizeof(event->comm));
  return event;
}

SEC("cgroup/connect4")
int on_connect4(struct bpf_sock_addr* ctx) {
  struct event* event = begin(ctx);
  if (event) {
    event->address[0] = ctx->user_ip4;
    bpf_ringbuf_submit(event, 0);
  }
  return 1;
}

SEC("cgroup/connect6")
int on_connect6(struct bpf_sock_addr* ctx) {
  struct event* event = begin(ctx);
  if (event) {
    event->is_ipv6 = 1;
    event->address[0] = ctx->user_ip6[0];
    event->address[1] = ctx->user_ip6[1];
    event->address[2] = ctx->user_ip6[2];
    event->address[3] = ctx->user_ip6[3];
    bpf_ringbuf_submit(event, 0);
  }
  return 1;
}

char LICENSE[] SEC("license") = "GPL";

/* A TCP congestion control, as the kernel's own are: a table of functions. It is the classic one: the window doubles per round trip up to a threshold, grows by one packet
 * per round trip from then on, and is halved at a loss. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"
#include "bpf/bpf_tracing.h"

struct sock;

/* What is read and written of a connection; the kernel lets these programs write just these members. */
struct tcp_sock {
  __u32 snd_cwnd;     /* packets that may be under way */
  __u32 snd_cwnd_cnt; /* acknowledged since it last grew */
  __u32 snd_cwnd_clamp;
  __u32 snd_ssthresh;
  __u32 prior_cwnd; /* before the last loss */
} __attribute__((preserve_access_index));

struct tcp_congestion_ops {
  char name[16];
  __u32 (*ssthresh)(struct sock* sk);
  void (*cong_avoid)(struct sock* sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock* sk);
};

__u64 acknowledged;
__u64 losses;
__u32 largest_window;

/* After a loss: up to where the window doubles. */
SEC("struct_ops")
__u32 BPF_PROG(reno_ssthresh, struct sock* sk) {
  const struct tcp_sock* tcp = (struct tcp_sock*)sk;
  __sync_fetch_and_add(&losses, 1);
  const __u32 half = tcp->snd_cwnd / 2;
  return half > 2 ? half : 2;
}

/* `acked` packets were acknowledged. */
SEC("struct_ops")
void BPF_PROG(reno_cong_avoid, struct sock* sk, __u32 ack, __u32 acked) {
  struct tcp_sock* tcp = (struct tcp_sock*)sk;
  __u32 window = tcp->snd_cwnd;
  __sync_fetch_and_add(&acknowledged, acked);
  if (window < tcp->snd_ssthresh) {
    window += acked;
  } else {
    __u32 so_far = tcp->snd_cwnd_cnt + acked;
    if (so_far >= window) {
      so_far = 0;
      window += 1;
    }
    tcp->snd_cwnd_cnt = so_far;
  }
  if (window > tcp->snd_cwnd_clamp) {
    window = tcp->snd_cwnd_clamp;
  }
  if (window > largest_window) {
    largest_window = window;
  }
  tcp->snd_cwnd = window;
}

/* The loss was none. */
SEC("struct_ops")
__u32 BPF_PROG(reno_undo_cwnd, struct sock* sk) {
  const struct tcp_sock* tcp = (struct tcp_sock*)sk;
  return tcp->snd_cwnd > tcp->prior_cwnd ? tcp->snd_cwnd : tcp->prior_cwnd;
}

SEC(".struct_ops.link")
struct tcp_congestion_ops reno = {
    .name = "skep_reno",
    .ssthresh = (void*)reno_ssthresh,
    .cong_avoid = (void*)reno_cong_avoid,
    .undo_cwnd = (void*)reno_undo_cwnd,
};

char LICENSE[] SEC("license") = "GPL";

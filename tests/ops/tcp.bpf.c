/* A TCP congestion control that counts what it is asked; `next` takes its place. The kernel's struct has more members, and in another order; `of_tomorrow` it has not. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock;

struct tcp_congestion_ops {
  char name[16];
  void (*init)(struct sock* sk);
  __u32 (*ssthresh)(struct sock* sk);
  void (*cong_avoid)(struct sock* sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock* sk);
  __u32 flags;
  void (*of_tomorrow)(struct sock* sk);
};

__u64 inits, asked, next_inits;

SEC("struct_ops/count_init")
void BPF_PROG(count_init, struct sock* sk) {
  __sync_fetch_and_add(&inits, 1);
}

SEC("struct_ops/next_init")
void BPF_PROG(next_init, struct sock* sk) {
  __sync_fetch_and_add(&next_inits, 1);
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(ssthresh, struct sock* sk) {
  __sync_fetch_and_add(&asked, 1);
  return 2;
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(cong_avoid, struct sock* sk, __u32 ack, __u32 acked) {
  __sync_fetch_and_add(&asked, 1);
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(undo_cwnd, struct sock* sk) {
  return 2;
}

SEC("struct_ops/of_tomorrow")
void BPF_PROG(of_tomorrow, struct sock* sk) {}

SEC(".struct_ops")
struct tcp_congestion_ops plain = {
    .name = "skep_plain",
    .init = (void*)count_init,
    .ssthresh = (void*)ssthresh,
    .cong_avoid = (void*)cong_avoid,
    .undo_cwnd = (void*)undo_cwnd,
};

SEC(".struct_ops.link")
struct tcp_congestion_ops first = {
    .name = "skep_link",
    .init = (void*)count_init,
    .ssthresh = (void*)ssthresh,
    .cong_avoid = (void*)cong_avoid,
    .undo_cwnd = (void*)undo_cwnd,
};

SEC(".struct_ops.link")
struct tcp_congestion_ops next = {
    .name = "skep_link",
    .init = (void*)next_init,
    .ssthresh = (void*)ssthresh,
    .cong_avoid = (void*)cong_avoid,
    .undo_cwnd = (void*)undo_cwnd,
};

SEC("?.struct_ops")
struct tcp_congestion_ops optional = {
    .name = "skep_optional",
    .ssthresh = (void*)ssthresh,
    .cong_avoid = (void*)cong_avoid,
    .undo_cwnd = (void*)undo_cwnd,
    .of_tomorrow = (void*)of_tomorrow,
};

char LICENSE[] SEC("license") = "GPL";

/* Tables of functions: a TCP congestion control, and a scheduler with a program that may sleep. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock;

struct tcp_congestion_ops {
  char name[16];
  void (*init)(struct sock* sk);
  __u32 (*ssthresh)(struct sock* sk);
  void (*cong_avoid)(struct sock* sk, __u32 ack, __u32 acked);
  __u32 (*undo_cwnd)(struct sock* sk);
};

struct sched_ext_ops {
  char name[128];
  __s32 (*init)(void);
  __u32 timeout_ms;
};

__u64 hits;

SEC("struct_ops/init")
void BPF_PROG(control_init, struct sock* sk) {
  __sync_fetch_and_add(&hits, 1);
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(control_ssthresh, struct sock* sk) {
  return 2;
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(control_avoid, struct sock* sk, __u32 ack, __u32 acked) {}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(control_undo, struct sock* sk) {
  return 2;
}

SEC("struct_ops.s/init")
__s32 BPF_PROG(scheduler_init) {
  __sync_fetch_and_add(&hits, 1);
  return 0;
}

SEC("?.struct_ops.link")
struct tcp_congestion_ops control = {
    .name = "skep_row",
    .init = (void*)control_init,
    .ssthresh = (void*)control_ssthresh,
    .cong_avoid = (void*)control_avoid,
    .undo_cwnd = (void*)control_undo,
};

SEC("?.struct_ops.link")
struct sched_ext_ops scheduler = {
    .name = "skep_row",
    .init = (void*)scheduler_init,
    .timeout_ms = 5000,
};

char LICENSE[] SEC("license") = "GPL";

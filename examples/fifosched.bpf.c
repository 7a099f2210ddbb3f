/* A scheduler for all ordinary tasks: one queue, first come, first served, for 5 ms at a time. If it forgets a task the kernel takes over again. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"
#include "bpf/bpf_tracing.h"

/* The kernel's functions below want a struct, not just its name. */
struct task_struct {
  int pid;
} __attribute__((preserve_access_index));

struct sched_ext_ops {
  char name[128];
  void (*enqueue)(struct task_struct* task, __u64 flags);
  void (*dispatch)(int cpu, struct task_struct* previous);
  int (*init)(void);
  __u32 timeout_ms;
};

extern int scx_bpf_create_dsq(__u64 queue, int node) __ksym;
extern void scx_bpf_dsq_insert(struct task_struct* task, __u64 queue, __u64 slice_ns, __u64 flags) __ksym;
extern _Bool scx_bpf_dsq_move_to_local(__u64 queue) __ksym;

#define QUEUE 0
#define SLICE_NS 5000000

__u64 queued;
__u64 dispatched;

/* A task can run. */
SEC("struct_ops")
void BPF_PROG(fifo_enqueue, struct task_struct* task, __u64 flags) {
  __sync_fetch_and_add(&queued, 1);
  scx_bpf_dsq_insert(task, QUEUE, SLICE_NS, flags);
}

/* A processor has nothing to do. */
SEC("struct_ops")
void BPF_PROG(fifo_dispatch, int cpu, struct task_struct* previous) {
  if (scx_bpf_dsq_move_to_local(QUEUE)) {
    __sync_fetch_and_add(&dispatched, 1);
  }
}

SEC("struct_ops.s")
int BPF_PROG(fifo_init) {
  return scx_bpf_create_dsq(QUEUE, -1);
}

SEC(".struct_ops.link")
struct sched_ext_ops fifo = {
    .name = "skep_fifo",
    .enqueue = (void*)fifo_enqueue,
    .dispatch = (void*)fifo_dispatch,
    .init = (void*)fifo_init,
    .timeout_ms = 10000,
};

char LICENSE[] SEC("license") = "GPL";

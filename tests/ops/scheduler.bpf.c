/* The smallest scheduler: sched_ext's own defaults, and a count of its beginning, in a program that may sleep. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sched_ext_ops {
  char name[128];
  __s32 (*init)(void);
  __u32 timeout_ms;
};

__u64 inits;

SEC("struct_ops.s/init")
__s32 BPF_PROG(scheduler_init) {
  __sync_fetch_and_add(&inits, 1);
  return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops scheduler = {
    .name = "skep_smallest",
    .init = (void*)scheduler_init,
    .timeout_ms = 5000,
};

char LICENSE[] SEC("license") = "GPL";

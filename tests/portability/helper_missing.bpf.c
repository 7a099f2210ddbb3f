/* Calls a helper that is there since 5.17. */
#include "kernel.h"

static long step(__u32 i, void* ctx) {
  *(int*)ctx += 1;
  return 0;
}

SEC("raw_tp/sched_switch")
int loops(void* ctx) {
  int sum = 0;
  bpf_loop(10, step, &sum, 0);
  return sum;
}

char LICENSE[] SEC("license") = "GPL";

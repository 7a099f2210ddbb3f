/* A per-CPU variable that only some kernels have. */
#include "kernel.h"

extern const int bpf_task_storage_busy __ksym;

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  const int* busy = bpf_this_cpu_ptr(&bpf_task_storage_busy);
  return *busy;
}

char LICENSE[] SEC("license") = "GPL";

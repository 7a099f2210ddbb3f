/* The same, where it is there. */
#include "kernel.h"

extern const int bpf_task_storage_busy __ksym __weak;

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  if (!&bpf_task_storage_busy) {
    return 0;
  }
  const int* busy = bpf_this_cpu_ptr(&bpf_task_storage_busy);
  return *busy;
}

char LICENSE[] SEC("license") = "GPL";

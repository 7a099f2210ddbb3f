/* Reads a field that has this name since 5.14 only. */
#include "kernel.h"

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  struct task_struct* task = (void*)bpf_get_current_task();
  return BPF_CORE_READ(task, __state) == 1;
}

char LICENSE[] SEC("license") = "GPL";

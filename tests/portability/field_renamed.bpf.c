/* Reads a field by the name that it had before 5.14. */
#include "kernel.h"

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  struct task_struct___before_5_14* task = (void*)bpf_get_current_task();
  return BPF_CORE_READ(task, state) == 1;
}

char LICENSE[] SEC("license") = "GPL";

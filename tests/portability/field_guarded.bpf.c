/* Reads the field by whichever name it has. */
#include "kernel.h"

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  struct task_struct* task = (void*)bpf_get_current_task();
  if (bpf_core_field_exists(task->__state)) {
    return BPF_CORE_READ(task, __state) == 1;
  }
  return BPF_CORE_READ((struct task_struct___before_5_14*)task, state) == 1;
}

char LICENSE[] SEC("license") = "GPL";

/* The same, with the question asked in a function of its own that is not inlined. */
#include "kernel.h"

static __noinline int has_new_name(void) {
  return bpf_core_field_exists(struct task_struct, __state);
}

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  struct task_struct* task = (void*)bpf_get_current_task();
  if (has_new_name()) {
    return BPF_CORE_READ(task, __state) == 1;
  }
  return BPF_CORE_READ((struct task_struct___before_5_14*)task, state) == 1;
}

char LICENSE[] SEC("license") = "GPL";

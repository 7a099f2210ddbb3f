/* Kernel functions that are there since 6.2. */
#include "kernel.h"

struct task_struct* bpf_task_acquire(struct task_struct* p) __ksym;
void bpf_task_release(struct task_struct* p) __ksym;

SEC("tp_btf/task_newtask")
int BPF_PROG(acquires, struct task_struct* task, unsigned long clone_flags) {
  struct task_struct* held = bpf_task_acquire(task);
  if (held) {
    bpf_task_release(held);
  }
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

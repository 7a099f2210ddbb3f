/* A kernel function that is declared with other parameters than it has. */
#include "kernel.h"

void bpf_task_release(int number) __ksym;

SEC("tp_btf/task_newtask")
int BPF_PROG(releases, struct task_struct* task, unsigned long clone_flags) {
  bpf_task_release(1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

/* Weak, and called all the same. */
#include "kernel.h"

void bpf_rcu_read_lock(void) __ksym __weak;
void bpf_rcu_read_unlock(void) __ksym __weak;

SEC("tp_btf/task_newtask")
int BPF_PROG(locks, struct task_struct* task, unsigned long clone_flags) {
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

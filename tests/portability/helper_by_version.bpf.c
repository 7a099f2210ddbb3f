/* Calls a helper where LINUX_KERNEL_VERSION says that it is there. */
#include "kernel.h"

SEC("raw_tp/sched_switch")
int compares(void* ctx) {
  static const char wanted[] = "abc";
  char name[4] = "abc";
  if (LINUX_KERNEL_VERSION < KERNEL_VERSION(5, 17, 0)) {
    return 1;
  }
  return bpf_strncmp(name, sizeof(name), wanted);
}

char LICENSE[] SEC("license") = "GPL";

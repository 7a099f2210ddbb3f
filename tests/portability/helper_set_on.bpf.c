/* The same, and it says yes. */
#include "kernel.h"

const volatile int use_strncmp = 1;

SEC("raw_tp/sched_switch")
int compares(void* ctx) {
  static const char wanted[] = "abc";
  char name[4] = "abc";
  return use_strncmp ? bpf_strncmp(name, sizeof(name), wanted) : 1;
}

char LICENSE[] SEC("license") = "GPL";

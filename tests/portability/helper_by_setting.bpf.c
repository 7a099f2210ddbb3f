/* Calls a helper that is not everywhere where a variable says so; it says no. */
#include "kernel.h"

const volatile int use_strncmp = 0;

SEC("raw_tp/sched_switch")
int compares(void* ctx) {
  static const char wanted[] = "abc";
  char name[4] = "abc";
  return use_strncmp ? bpf_strncmp(name, sizeof(name), wanted) : 1;
}

char LICENSE[] SEC("license") = "GPL";

/* Asks for the size of a type that no kernel has: 0, and no reason to fail. */
#include "kernel.h"

struct type_of_no_kernel {
  int x;
} RELOCATED;

SEC("raw_tp/sched_switch")
int asks(void* ctx) {
  return bpf_core_type_size(struct type_of_no_kernel) == 0;
}

char LICENSE[] SEC("license") = "GPL";

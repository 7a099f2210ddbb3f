/* A function that is verified by itself, and by old kernels also where nobody calls it. */
#include "kernel.h"

__noinline int sum(int a, int b) {
  return a + b;
}

SEC("raw_tp/sched_switch")
int adds(void* ctx) {
  return sum(1, 2);
}

char LICENSE[] SEC("license") = "GPL";

/* A per-CPU variable of another type than it is declared with. */
#include "kernel.h"

struct runqueue_of_no_kernel {
  int x;
};
extern const struct runqueue_of_no_kernel runqueues __ksym;

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  return bpf_per_cpu_ptr(&runqueues, 0) != 0;
}

char LICENSE[] SEC("license") = "GPL";

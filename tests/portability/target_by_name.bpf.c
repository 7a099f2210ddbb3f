/* Probes name a function when they attach; loading does not ask whether it is there. */
#include "kernel.h"

SEC("kprobe/function_of_no_kernel")
int probes(struct pt_regs* ctx) {
  return 0;
}

SEC("kprobe.multi/tcp_*")
int probes_many(struct pt_regs* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

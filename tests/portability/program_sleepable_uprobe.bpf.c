/* A uprobe that may sleep, since 6.0. */
#include "kernel.h"

SEC("uprobe.s")
int probes(struct pt_regs* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

/* Calls a helper that no kernel has for XDP. */
#include "kernel.h"

struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 16);
  __uint(key_size, 4);
  __uint(value_size, 64);
} stacks SEC(".maps");

SEC("xdp")
int takes(struct xdp_md* ctx) {
  return bpf_get_stackid(ctx, &stacks, 0) < 0 ? XDP_PASS : XDP_DROP;
}

char LICENSE[] SEC("license") = "GPL";

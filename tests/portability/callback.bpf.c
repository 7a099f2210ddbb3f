/* A callback for each element of a map, since 5.13. */
#include "kernel.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} counts SEC(".maps");

static long each(void* map, void* key, void* value, void* ctx) {
  return 0;
}

SEC("raw_tp/sched_switch")
int walks(void* ctx) {
  return bpf_for_each_map_elem(&counts, each, 0, 0) >= 0;
}

char LICENSE[] SEC("license") = "GPL";

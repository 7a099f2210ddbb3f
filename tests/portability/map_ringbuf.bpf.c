/* A ring buffer, which all of these kernels have. */
#include "kernel.h"

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sched_switch")
int writes(void* ctx) {
  __u64 event = 1;
  return bpf_ringbuf_output(&events, &event, sizeof(event), 0) == 0;
}

char LICENSE[] SEC("license") = "GPL";

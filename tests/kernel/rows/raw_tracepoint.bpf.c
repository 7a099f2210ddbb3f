/* Raw tracepoints. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

char _license[] SEC("license") = "GPL";
__u64 hits = 0;

SEC("raw_tp/sys_enter")
int raw_tp(void* ctx) {
  hits++;
  return 0;
}

SEC("raw_tracepoint/sys_enter")
int raw_tracepoint(void* ctx) {
  hits++;
  return 0;
}

SEC("raw_tp.s/sys_enter")
int raw_tp_s(void* ctx) {
  hits++;
  return 0;
}

SEC("raw_tracepoint.s/sys_enter")
int raw_tracepoint_s(void* ctx) {
  hits++;
  return 0;
}

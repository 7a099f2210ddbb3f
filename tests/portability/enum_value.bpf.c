/* Uses the value of an enumerator that is there since 6.1. */
#include "kernel.h"

SEC("raw_tp/sched_switch")
int uses(void* ctx) {
  return bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_user_ringbuf_drain) > 0;
}

char LICENSE[] SEC("license") = "GPL";

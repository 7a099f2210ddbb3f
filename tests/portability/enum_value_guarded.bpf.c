/* Uses it where it is there. */
#include "kernel.h"

SEC("raw_tp/sched_switch")
int uses(void* ctx) {
  if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_user_ringbuf_drain)) {
    return 0;
  }
  return bpf_core_enum_value(enum bpf_func_id, BPF_FUNC_user_ringbuf_drain) > 0;
}

char LICENSE[] SEC("license") = "GPL";

/* Reads the struct where it is there. */
#include "kernel.h"

struct bpf_dynptr_kern {
  void* data;
  unsigned int size;
} RELOCATED;

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  struct bpf_dynptr_kern* dynptr = (void*)bpf_get_current_task();
  if (!bpf_core_type_exists(struct bpf_dynptr_kern)) {
    return 0;
  }
  return BPF_CORE_READ(dynptr, size) == 0;
}

char LICENSE[] SEC("license") = "GPL";

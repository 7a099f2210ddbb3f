/* Reads a struct that is there since 5.19. */
#include "kernel.h"

struct bpf_dynptr_kern {
  void* data;
  unsigned int size;
} RELOCATED;

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  struct bpf_dynptr_kern* dynptr = (void*)bpf_get_current_task();
  return BPF_CORE_READ(dynptr, size) == 0;
}

char LICENSE[] SEC("license") = "GPL";

/* 5.10 has two structs of this name, with the field in different places. */
#include "kernel.h"

struct mm_slot {
  struct {
    void* next;
    void** pprev;
  } hash;
} RELOCATED;

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  struct mm_slot* slot = (void*)bpf_get_current_task();
  return (long)BPF_CORE_READ(slot, hash.next) == 0;
}

char LICENSE[] SEC("license") = "GPL";

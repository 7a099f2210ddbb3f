/* Every one of these kernels has two structs of this name, with the field in different places. */
#include "kernel.h"

struct irq_info {
  int irq;
} RELOCATED;

SEC("raw_tp/sched_switch")
int reads(void* ctx) {
  struct irq_info* info = (void*)bpf_get_current_task();
  return BPF_CORE_READ(info, irq) == 0;
}

char LICENSE[] SEC("license") = "GPL";

/* Calls a helper where the kernel knows its number. */
#include "kernel.h"

SEC("raw_tp/sched_switch")
int compares(void* ctx) {
  static const char wanted[] = "abc";
  char name[4] = "abc";
  if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_strncmp)) {
    return 1;
  }
  return bpf_strncmp(name, sizeof(name), wanted);
}

char LICENSE[] SEC("license") = "GPL";

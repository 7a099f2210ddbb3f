/* A function that is gone since 7.0. */
#include "kernel.h"

SEC("fentry/do_filp_open")
int enters(void* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

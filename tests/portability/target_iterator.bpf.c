/* An iterator that is there since 6.0. */
#include "kernel.h"

SEC("iter/ksym")
int walks(void* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

/* A program type that is there since 6.4. */
#include "kernel.h"

SEC("netfilter")
int passes(void* ctx) {
  return 1;
}

char LICENSE[] SEC("license") = "GPL";

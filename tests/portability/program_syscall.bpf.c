/* A program type that is there since 5.14. */
#include "kernel.h"

SEC("syscall")
int runs(void* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

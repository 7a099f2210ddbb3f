/* A tracepoint that is there since 5.19. */
#include "kernel.h"

SEC("tp_btf/contention_begin")
int sees(void* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

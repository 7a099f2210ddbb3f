/* Functions that all of these kernels have. */
#include "kernel.h"

SEC("fentry/do_exit")
int enters(void* ctx) {
  return 0;
}

SEC("fexit/vfs_read")
int leaves(void* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

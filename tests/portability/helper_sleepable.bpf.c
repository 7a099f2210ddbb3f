/* A helper that only programs that may sleep can call, in one that may not. */
#include "kernel.h"

SEC("fentry/do_exit")
int copies(void* ctx) {
  char byte = 0;
  bpf_copy_from_user(&byte, 1, (void*)1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

/* A security hook that is there since 5.19, beside one that always was. */
#include "kernel.h"

SEC("lsm/uring_cmd")
int BPF_PROG(commands) {
  return 0;
}

SEC("lsm/file_open")
int BPF_PROG(opens) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

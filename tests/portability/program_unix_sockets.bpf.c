/* A hook of control groups that is there since 6.7, beside one that always was. */
#include "kernel.h"

SEC("cgroup/connect_unix")
int connects_unix(void* ctx) {
  return 1;
}

SEC("cgroup/connect4")
int connects4(void* ctx) {
  return 1;
}

char LICENSE[] SEC("license") = "GPL";

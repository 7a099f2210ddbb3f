// A program for many functions at once, and one for a single function.
#include <bpf/bpf_uapi.h>

#include <bpf/bpf_helpers.h>

SEC("kprobe.multi")
int many(void* ctx) {
  return 0;
}

SEC("kprobe")
int one(void* ctx) {
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

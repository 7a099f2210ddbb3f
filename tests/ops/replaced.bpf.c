/* A program with a function that another may replace. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_uapi.h>

__noinline int answer(struct __sk_buff* ctx) {
  return ctx->len > 100000 ? 1 : 2;
}

SEC("tc")
int asks(struct __sk_buff* ctx) {
  return answer(ctx) + 10;
}

char LICENSE[] SEC("license") = "GPL";

/* A program with a function, and what takes that function's place in another copy of the program. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_uapi.h>

__u64 hits;

__noinline int answer(struct __sk_buff* ctx) {
  return ctx->len > 100000 ? 1 : 2;
}

SEC("tc")
int asks(struct __sk_buff* ctx) {
  return answer(ctx) + 10;
}

SEC("freplace/answer")
int new_answer(struct __sk_buff* ctx) {
  __sync_fetch_and_add(&hits, 1);
  return ctx->len > 100000 ? 3 : 32;
}

char LICENSE[] SEC("license") = "GPL";

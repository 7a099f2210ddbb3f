/* bpf_throw() ends a program wherever it is; what the program then returns is the callback's word. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_uapi.h>

#define __exception_cb(name) __attribute__((btf_decl_tag("exception_callback:" #name)))

void bpf_throw(__u64 cookie) __ksym;

__noinline int caught(__u64 cookie) {
  return (int)cookie + 1;
}

static __noinline int deep(struct __sk_buff* ctx) {
  if (ctx->len > 20) {
    bpf_throw(41);
  }
  return 7;
}

SEC("tc")
__exception_cb(caught) int throws(struct __sk_buff* ctx) {
  return deep(ctx) + 1;
}

char LICENSE[] SEC("license") = "GPL";

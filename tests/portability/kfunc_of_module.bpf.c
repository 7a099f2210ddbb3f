/* A function of a module that is not loaded. */
#include "kernel.h"

void bpf_function_of_no_module(int x) __ksym;

SEC("tc")
int calls(struct __sk_buff* skb) {
  bpf_function_of_no_module(1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

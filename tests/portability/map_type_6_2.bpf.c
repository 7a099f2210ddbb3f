/* A map type that is there since 6.2; the code that uses it is guarded, its creation is not. */
#include "kernel.h"

struct {
  __uint(type, BPF_MAP_TYPE_CGRP_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} storage SEC(".maps");

const volatile int use_storage = 0;

SEC("socket")
int asks(struct __sk_buff* skb) {
  return use_storage ? bpf_map_delete_elem(&storage, &(int){0}) == 0 : 1;
}

char LICENSE[] SEC("license") = "GPL";

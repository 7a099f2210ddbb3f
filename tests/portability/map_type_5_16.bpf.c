/* A map type that is there since 5.16. */
#include "kernel.h"

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __uint(max_entries, 16);
  __uint(key_size, 0);
  __type(value, __u32);
} seen SEC(".maps");

SEC("socket")
int asks(struct __sk_buff* skb) {
  __u32 length = skb->len;
  return bpf_map_peek_elem(&seen, &length) == 0;
}

char LICENSE[] SEC("license") = "GPL";

/* Counters that exist once per CPU: an array and a hash. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} runs SEC(".maps");

struct sizes {
  __u32 smallest;
  __u32 largest;
  __u32 count;
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, struct sizes);
} by_mark SEC(".maps");

SEC("tc")
int measures(struct __sk_buff* skb) {
  __u32 slot = skb->len > 100;
  __u64* run = bpf_map_lookup_elem(&runs, &slot);
  if (run) {
    *run += 1; /* no other CPU writes this copy */
  }
  __u32 mark = skb->mark;
  struct sizes* sizes = bpf_map_lookup_elem(&by_mark, &mark);
  if (!sizes) {
    struct sizes first = {.smallest = skb->len, .largest = skb->len, .count = 1};
    return (int)bpf_map_update_elem(&by_mark, &mark, &first, BPF_NOEXIST);
  }
  if (sizes->count == 0 || skb->len < sizes->smallest) {
    sizes->smallest = skb->len;
  }
  if (skb->len > sizes->largest) {
    sizes->largest = skb->len;
  }
  sizes->count += 1;
  return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";

/* Maps whose values are maps: a table of counters for each tenant, and a slot for one that user space brings. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

struct counters {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} red SEC(".maps"), blue SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 3);
  __type(key, __u32);
  __array(values, struct counters);
} tenants SEC(".maps") = {
    .values = {[0] = &red, [2] = &blue}, /* slot 1 stays empty */
};

SEC("tc")
int counts(struct __sk_buff* skb) {
  __u32 tenant = skb->mark, kind = skb->priority & 3;
  void* counters = bpf_map_lookup_elem(&tenants, &tenant);
  if (!counters) {
    return TC_ACT_SHOT;
  }
  __u64* counter = bpf_map_lookup_elem(counters, &kind);
  if (counter) {
    __sync_fetch_and_add(counter, 1);
  }
  return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "GPL";

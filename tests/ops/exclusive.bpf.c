/* A map for one program, and another that wants it too. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_uapi.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} mine SEC(".maps");

__u64 beside;

SEC("socket")
int owner(struct __sk_buff* ctx) {
  __u32 key = 0;
  __u64* value = bpf_map_lookup_elem(&mine, &key);

  if (value) {
    *value += 1;
  }
  beside += 2;
  return 0;
}

SEC("?socket")
int thief(struct __sk_buff* ctx) {
  __u32 key = 0;
  __u64* value = bpf_map_lookup_elem(&mine, &key);

  return value ? (int)*value : 0;
}

char LICENSE[] SEC("license") = "GPL";

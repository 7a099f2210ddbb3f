/* The smallest useful object: one XDP program that counts in one hash map. */
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val)* name
typedef unsigned int u32;
typedef unsigned long long u64;
static void* (*bpf_map_lookup_elem)(void* map, const void* key) = (void*)1;
static long (*bpf_map_update_elem)(void* map, const void* key, const void* value, u64 flags) = (void*)2;

struct {
  __uint(type, 1 /* BPF_MAP_TYPE_HASH */);
  __uint(max_entries, 64);
  __type(key, u32);
  __type(value, u64);
} packets SEC(".maps");

SEC("xdp")
int count(void* ctx) {
  u32 key = 0;
  u64 one = 1;
  u64* seen = bpf_map_lookup_elem(&packets, &key);
  if (seen) {
    __sync_fetch_and_add(seen, 1);
  } else {
    bpf_map_update_elem(&packets, &key, &one, 0);
  }
  return 2 /* XDP_PASS */;
}
char LICENSE[] SEC("license") = "GPL";

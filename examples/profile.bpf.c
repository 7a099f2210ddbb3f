/* Where the kernel spends its time: many times per second, on each processor, the stack of what it is doing is looked at and counted. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

#define DEPTH 32

/* A stack is stored once; what it is counted by is its number. */
struct {
  __uint(type, BPF_MAP_TYPE_STACK_TRACE);
  __uint(max_entries, 8192);
  __uint(key_size, sizeof(__u32));
  __uint(value_size, DEPTH * sizeof(__u64));
} stacks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 8192);
  __type(key, __u32);
  __type(value, __u64);
} samples SEC(".maps");

__u64 idle;
__u64 in_user_space;
__u64 lost; /* no room for the stack, or another has its number */

SEC("perf_event")
int on_tick(void* ctx) {
  if (!(__u32)bpf_get_current_pid_tgid()) {
    __sync_fetch_and_add(&idle, 1);
    return 0;
  }
  const long id = bpf_get_stackid(ctx, &stacks, 0);
  if (id == -14) { /* EFAULT: there is no stack of the kernel's now */
    __sync_fetch_and_add(&in_user_space, 1);
    return 0;
  }
  const __u32 key = (__u32)id;
  const __u64 first = 1;
  __u64* count = id < 0 ? NULL : bpf_map_lookup_elem(&samples, &key);
  if (count) {
    __sync_fetch_and_add(count, 1);
  } else if (id < 0 || bpf_map_update_elem(&samples, &key, &first, BPF_NOEXIST)) {
    __sync_fetch_and_add(&lost, 1);
  }
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

/* How long system calls take: a histogram whose slots are powers of two of nanoseconds. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

#define SLOTS 40

/* When each thread that is in a system call entered it. Threads that end within theirs are forgotten first. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, __u64);
} entered SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, SLOTS);
  __type(key, __u32);
  __type(value, __u64);
} slots SEC(".maps");

const volatile long wanted_call = -1; /* the system call's number; -1: all */
const volatile __u32 own_tgid = 0;    /* whoever shows the picture shall not be in it */

/* The number of the highest bit that is set. */
static __always_inline __u32 log2_of(__u64 value) {
  __u32 log2 = 0;
#pragma unroll
  for (__u32 bits = 32; bits; bits /= 2) {
    if (value >> bits) {
      value >>= bits;
      log2 += bits;
    }
  }
  return log2;
}

SEC("raw_tp/sys_enter")
int on_enter(struct bpf_raw_tracepoint_args* ctx) {
  const __u64 thread = bpf_get_current_pid_tgid();
  const long call = (long)ctx->args[1];
  if (thread >> 32 == own_tgid || (wanted_call >= 0 && call != wanted_call)) {
    return 0;
  }
  const __u64 now = bpf_ktime_get_ns();
  bpf_map_update_elem(&entered, &thread, &now, BPF_ANY);
  return 0;
}

SEC("raw_tp/sys_exit")
int on_exit(void* ctx) {
  const __u64 thread = bpf_get_current_pid_tgid();
  const __u64* since = bpf_map_lookup_elem(&entered, &thread);
  if (!since) {
    return 0;
  }
  __u32 slot = log2_of(bpf_ktime_get_ns() - *since);
  if (slot >= SLOTS) {
    slot = SLOTS - 1;
  }
  __u64* calls = bpf_map_lookup_elem(&slots, &slot);
  if (calls) {
    *calls += 1; /* of this CPU alone */
  }
  bpf_map_delete_elem(&entered, &thread);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

// Fills a ring buffer with records of one size, so that reading it can be timed alone. The numbers are set before loading.
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"

enum { most_bytes = 256, most_records = 1 << 23 };

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 24);
} ring SEC(".maps");

const volatile __u32 record_bytes = 8;
__u64 records = 0;
char record[most_bytes];

static long add(__u32 index, void* unused) {
  __u32 bytes = record_bytes;
  if (bytes > most_bytes || bpf_ringbuf_output(&ring, record, bytes, BPF_RB_NO_WAKEUP) != 0) {
    return 1;
  }
  ++*(__u64*)record;
  ++records;
  return 0;
}

SEC("syscall")
int fill(void* context) {
  bpf_loop(most_records, add, 0, 0);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

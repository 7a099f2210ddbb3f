/* Global variables in an arena: memory that programs and user space have together. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_uapi.h>

#define __arena __attribute__((address_space(1)))

struct {
  __uint(type, BPF_MAP_TYPE_ARENA);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 16);
} arena SEC(".maps");

int __arena seven = 7;
int __arena sum;

SEC("syscall")
int add_seven(void* ctx) {
  sum += seven;
  return sum;
}

char LICENSE[] SEC("license") = "GPL";

/* What names programs look up, and how long that takes: a probe where libc's getaddrinfo() begins, and one where it returns. */
#include "bpf/bpf_uapi.h"

#include "registers.h"

#include "bpf/bpf_helpers.h"
#include "bpf/bpf_tracing.h"

struct call {
  __u64 began;
  const char* name;
};

/* The call that each thread is in. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u64);
  __type(value, struct call);
} calls SEC(".maps");

struct event {
  __u32 pid;
  int result; /* EAI_*; 0: found */
  __u64 nanoseconds;
  char comm[16];
  char name[80];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 64 * 1024);
  __type(value, struct event);
} events SEC(".maps");

__u64 lost;

SEC("uprobe/libc.so.6:getaddrinfo")
int BPF_UPROBE(on_call, const char* name) {
  const __u64 thread = bpf_get_current_pid_tgid();
  const struct call call = {.began = bpf_ktime_get_ns(), .name = name};
  bpf_map_update_elem(&calls, &thread, &call, BPF_ANY);
  return 0;
}

SEC("uretprobe/libc.so.6:getaddrinfo")
int BPF_URETPROBE(on_return, int result) {
  const __u64 thread = bpf_get_current_pid_tgid();
  const struct call* call = bpf_map_lookup_elem(&calls, &thread);
  if (!call) {
    return 0; /* it began before we were there */
  }
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (event) {
    event->pid = thread >> 32;
    event->result = result;
    event->nanoseconds = bpf_ktime_get_ns() - call->began;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    if (bpf_probe_read_user_str(event->name, sizeof(event->name), call->name) < 0) {
      event->name[0] = 0; /* a null pointer asks for the wildcard address */
    }
    bpf_ringbuf_submit(event, 0);
  } else {
    __sync_fetch_and_add(&lost, 1);
  }
  bpf_map_delete_elem(&calls, &thread);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

/* Every program that is started on the machine, by a ring buffer. The map says what its records are, so that `skep run execsnoop.bpf.o` can print them too. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_core_read.h"
#include "bpf/bpf_helpers.h"

/* What the tracepoint gives; where its members are is found while loading. */
struct trace_event_raw_sched_process_exec {
  __u32 __data_loc_filename; /* low half: where in the event the text begins */
} __attribute__((preserve_access_index));

struct task_struct {
  int tgid;
  struct task_struct* real_parent;
} __attribute__((preserve_access_index));

struct event {
  __u32 pid;
  __u32 parent;
  __u32 uid;
  char comm[16];
  char path[116];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 256 * 1024);
  __type(value, struct event); /* for readers: the kernel has no use for it */
} events SEC(".maps");

__u64 lost; /* events that found no room in the ring */

SEC("tp/sched/sched_process_exec")
int on_exec(struct trace_event_raw_sched_process_exec* ctx) {
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (!event) {
    __sync_fetch_and_add(&lost, 1);
    return 0;
  }
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  event->pid = bpf_get_current_pid_tgid() >> 32;
  event->parent = BPF_CORE_READ(task, real_parent, tgid);
  event->uid = (__u32)bpf_get_current_uid_gid();
  bpf_get_current_comm(event->comm, sizeof(event->comm));
  const __u32 where = ctx->__data_loc_filename & 0xffff;
  bpf_probe_read_kernel_str(event->path, sizeof(event->path), (void*)ctx + where);
  bpf_ringbuf_submit(event, 0);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

/* A list of processes as a file: whenever it is read, this runs for every task there is and writes the file's text. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_core_read.h"
#include "bpf/bpf_helpers.h"

struct seq_file;

struct task_struct {
  int pid;
  int tgid;
  int prio;
  struct task_struct* real_parent;
  char comm[16];
} __attribute__((preserve_access_index));

struct bpf_iter_meta {
  struct seq_file* seq;
  __u64 seq_num;
} __attribute__((preserve_access_index));

struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
} __attribute__((preserve_access_index));

SEC("iter/task")
int show_task(struct bpf_iter__task* ctx) {
  struct seq_file* seq = ctx->meta->seq;
  struct task_struct* task = ctx->task;
  if (!task) {
    return 0; /* the last call: there are no more */
  }
  if (ctx->meta->seq_num == 0) {
    BPF_SEQ_PRINTF(seq, "%8s %8s %4s %s\n", "PID", "PARENT", "PRIO", "NAME");
  }
  if (task->pid == task->tgid) { /* else: another thread of it */
    BPF_SEQ_PRINTF(seq, "%8d %8d %4d %s\n", task->tgid, task->real_parent->tgid, task->prio, task->comm);
  }
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

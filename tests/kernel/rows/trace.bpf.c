/* One program for every section of the tracing families. Each counts in `hits`; those of one kernel function are at getpgid(2), which nothing else in a guest calls. */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"
#include "bpf/bpf_tracing.h"

__u64 hits;
__u64 cookie;

#define COUNTER(section, name)      \
  SEC("?" section)                  \
  int name(void* ctx) {             \
    __sync_fetch_and_add(&hits, 1); \
    return 0;                       \
  }

COUNTER("kprobe/__x64_sys_getpgid", on_kprobe)
COUNTER("kretprobe/__x64_sys_getpgid", on_kretprobe)
COUNTER("ksyscall/getpgid", on_ksyscall)
COUNTER("kretsyscall/getpgid", on_kretsyscall)
COUNTER("kprobe.multi/__x64_sys_getpgi*", on_kprobe_multi)
COUNTER("kretprobe.multi/__x64_sys_getpgi*", on_kretprobe_multi)
COUNTER("kprobe.session/__x64_sys_getpgi*", on_kprobe_session)
COUNTER("tp/syscalls/sys_enter_getpgid", on_tp)
COUNTER("tracepoint/syscalls/sys_enter_getpgid", on_tracepoint)
COUNTER("tp.s/syscalls/sys_enter_getpgid", on_tp_sleepable)
COUNTER("tracepoint.s/syscalls/sys_enter_getpgid", on_tracepoint_sleepable)
COUNTER("raw_tp.w/bpf_test_finish", on_raw_tp_writable)
COUNTER("raw_tracepoint.w/bpf_test_finish", on_raw_tracepoint_writable)
COUNTER("tp_btf/sys_enter", on_tp_btf)
COUNTER("tp_btf.s/sys_enter", on_tp_btf_sleepable)
COUNTER("fentry/__x64_sys_getpgid", on_fentry)
COUNTER("fentry.s/__x64_sys_getpgid", on_fentry_sleepable)
COUNTER("fexit/__x64_sys_getpgid", on_fexit)
COUNTER("fexit.s/__x64_sys_getpgid", on_fexit_sleepable)
COUNTER("fmod_ret/security_task_getpgid", on_fmod_ret)
COUNTER("fmod_ret.s/__x64_sys_getpgid", on_fmod_ret_sleepable)
COUNTER("fsession/__x64_sys_getpgid", on_fsession)
COUNTER("fsession.s/__x64_sys_getpgid", on_fsession_sleepable)
COUNTER("fentry.multi/__x64_sys_getpgi*", on_fentry_multi)
COUNTER("fentry.multi.s/__x64_sys_getpgi*", on_fentry_multi_sleepable)
COUNTER("fexit.multi/__x64_sys_getpgi*", on_fexit_multi)
COUNTER("fexit.multi.s/__x64_sys_getpgi*", on_fexit_multi_sleepable)
COUNTER("fsession.multi/__x64_sys_getpgi*", on_fsession_multi)
COUNTER("fsession.multi.s/__x64_sys_getpgi*", on_fsession_multi_sleepable)
COUNTER("lsm/task_getpgid", on_lsm)
COUNTER("lsm.s/file_open", on_lsm_sleepable)
COUNTER("perf_event", on_perf_event)
COUNTER("uprobe.multi", on_uprobe_multi)
COUNTER("syscall", on_syscall)

SEC("?perf_event")
int reads_event_cookie(void* ctx) {
  __sync_fetch_and_add(&hits, 1);
  cookie = bpf_get_attach_cookie(ctx);
  return 0;
}

/* A test run of this calls the kernel's own functions for such tests, bpf_fentry_test1() and its kin. */
SEC("?fentry/bpf_fentry_test2")
int calls_functions(void* ctx) {
  return 0;
}

/* What a packet is sent through. */
SEC("?tc")
int sees_packet(void* ctx) {
  return 0;
}

/* 1: let it happen. */
SEC("?lsm_cgroup/socket_bind")
int on_lsm_cgroup(void* ctx) {
  __sync_fetch_and_add(&hits, 1);
  return 1;
}

struct seq_file;
struct task_struct {
  int tgid;
} __attribute__((preserve_access_index));
struct bpf_iter_meta {
  struct seq_file* seq;
} __attribute__((preserve_access_index));
struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
} __attribute__((preserve_access_index));

static int write_task(struct bpf_iter__task* ctx) {
  static const char format[] = "task %d\n";
  struct task_struct* task = ctx->task;
  if (!task) {
    return 0;
  }
  __u64 values[] = {task->tgid};
  bpf_seq_printf(ctx->meta->seq, format, sizeof format, values, sizeof values);
  __sync_fetch_and_add(&hits, 1);
  return 0;
}

SEC("?iter/task")
int on_iter(struct bpf_iter__task* ctx) {
  return write_task(ctx);
}

SEC("?iter.s/task")
int on_iter_sleepable(struct bpf_iter__task* ctx) {
  return write_task(ctx);
}

/* What the cookie of an attachment is. */
SEC("?kprobe")
int reads_cookie(void* ctx) {
  cookie = bpf_get_attach_cookie(ctx);
  __sync_fetch_and_add(&hits, 1);
  return 0;
}

char LICENSE[] SEC("license") = "GPL";

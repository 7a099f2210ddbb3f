/* Nobody opens one file, not even root: a security hook, which can only forbid what would have been permitted. Needs a kernel that runs with the security
 * module bpf (lsm=...,bpf on its command line). */
#include "bpf/bpf_uapi.h"

#include "bpf/bpf_helpers.h"
#include "bpf/bpf_tracing.h"

#define EPERM 1

/* The kernel gives these pointers with their types, so they are followed like any other. */
struct super_block {
  __u32 s_dev;
} __attribute__((preserve_access_index));

struct inode {
  unsigned long i_ino;
  struct super_block* i_sb;
} __attribute__((preserve_access_index));

struct file {
  struct inode* f_inode;
} __attribute__((preserve_access_index));

struct event {
  __u32 pid;
  char comm[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
  __type(value, struct event);
} events SEC(".maps");

/* A file is told by its number and its file system's: it may have several names. */
const volatile __u64 guarded_inode = 0;
const volatile __u32 guarded_device = 0;
__u64 lost;

SEC("lsm/file_open")
int BPF_PROG(on_open, struct file* file, int verdict) {
  if (verdict) {
    return verdict; /* somebody else has forbidden it already */
  }
  const struct inode* inode = file->f_inode;
  if (inode->i_ino != guarded_inode || inode->i_sb->s_dev != guarded_device) {
    return 0;
  }
  struct event* event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
  if (event) {
    event->pid = bpf_get_current_pid_tgid() >> 32;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_ringbuf_submit(event, 0);
  } else {
    __sync_fetch_and_add(&lost, 1);
  }
  return -EPERM;
}

char LICENSE[] SEC("license") = "GPL";

/* The little of the kernel's types that these objects look at, and where results go. Each object is about one thing that some kernels have and others
 * have not; `skep check` is held to what the kernels themselves say of it. */
#ifndef PORTABILITY_KERNEL_H
#define PORTABILITY_KERNEL_H

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_uapi.h>

#define RELOCATED __attribute__((preserve_access_index))

struct task_struct {
  unsigned int __state;
  int pid;
} RELOCATED;

/* Before Linux 5.14. */
struct task_struct___before_5_14 {
  long state;
} RELOCATED;

/* Numbers of helpers, as the kernel's own types have them. */
enum bpf_func_id {
  BPF_FUNC_strncmp = 182,
  BPF_FUNC_user_ringbuf_drain = 209,
};

extern int LINUX_KERNEL_VERSION __kconfig;

#endif

/* Uprobes and USDT probes: on functions of test_rows itself. */
#include "bpf/bpf_uapi.h"

/* As the kernel for x86-64 has it; programs see it as their context. */
struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp,
      ss;
};

#define __VMLINUX_H__
#define __TARGET_ARCH_x86
#include "bpf/usdt.bpf.h"

char _license[] SEC("license") = "GPL";
__u64 hits = 0;

#define COUNTS(section, name)       \
  SEC(section)                      \
  int name(struct pt_regs* ctx) {   \
    __sync_fetch_and_add(&hits, 1); \
    return 0;                       \
  }

COUNTS("uprobe//proc/self/exe:row_target", uprobe)
COUNTS("uprobe.s//proc/self/exe:row_target", uprobe_s)
COUNTS("uretprobe//proc/self/exe:row_target", uretprobe)
COUNTS("uretprobe.s//proc/self/exe:row_target", uretprobe_s)
COUNTS("uprobe.multi//proc/self/exe:row_targ*", uprobe_multi)
COUNTS("uprobe.multi.s//proc/self/exe:row_targ*", uprobe_multi_s)
COUNTS("uretprobe.multi//proc/self/exe:row_targ*", uretprobe_multi)
COUNTS("uretprobe.multi.s//proc/self/exe:row_targ*", uretprobe_multi_s)
COUNTS("uprobe.session//proc/self/exe:row_targ*", uprobe_session)
COUNTS("uprobe.session.s//proc/self/exe:row_targ*", uprobe_session_s)

/* Only the probe's own arguments count as a hit. */
SEC("usdt//proc/self/exe:skep_rows:hit")
int BPF_USDT(usdt, int first, long second) {
  if (first == -7 && second == 3) {
    hits++;
  }
  return 0;
}

SEC("usdt.s//proc/self/exe:skep_rows:hit")
int BPF_USDT(usdt_s, int first, long second) {
  if (first == -7 && second == 3) {
    hits++;
  }
  return 0;
}

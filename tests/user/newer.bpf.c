/* The same for kernels with cookies (5.15), sleepable programs and links to many uprobes. */
#include "bpf/bpf_uapi.h"

struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp,
      ss;
};

#define __VMLINUX_H__
#define __TARGET_ARCH_x86
#include "bpf/usdt.bpf.h"

__u64 entries, returns, cookies, sleepable_hits;

SEC("uprobe")
int with_cookie(struct pt_regs* ctx) {
  __sync_fetch_and_add(&entries, 1);
  cookies += bpf_get_attach_cookie(ctx);
  return 0;
}

SEC("?uprobe.multi")
int many(struct pt_regs* ctx) {
  __sync_fetch_and_add(&entries, 1);
  cookies += bpf_get_attach_cookie(ctx);
  return 0;
}

SEC("?uprobe.multi")
int many_returns(struct pt_regs* ctx) {
  __sync_fetch_and_add(&returns, 1);
  return 0;
}

SEC("?uprobe.session")
int session(struct pt_regs* ctx) {
  __sync_fetch_and_add(&entries, 1);
  return 0;
}

SEC("?usdt.s")
int BPF_USDT(sleepable, int first) {
  __sync_fetch_and_add(&sleepable_hits, 1);
  return 0;
}

char _license[] SEC("license") = "GPL";

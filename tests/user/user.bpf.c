/* Programs for tests/user: each counts how often it ran, and keeps what it saw last. They are attached by the test, so sections name no target. */
#include "bpf/bpf_uapi.h"

/* As the kernel for x86-64 has it; programs see it as their context. */
struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp,
      ss;
};

#define __VMLINUX_H__
#define __TARGET_ARCH_x86
#include "bpf/usdt.bpf.h"

__u64 entries, returns, values, cookies;
__u64 probe_hits, sleepable_hits;
long arguments[6], argument_errors[6], argument_count, probe_cookie;

SEC("uprobe")
int BPF_UPROBE(on_entry, long first) {
  __sync_fetch_and_add(&entries, 1);
  values = (__u64)first;
  return 0;
}

SEC("uretprobe")
int BPF_URETPROBE(on_return, long result) {
  __sync_fetch_and_add(&returns, 1);
  values = (__u64)result;
  return 0;
}

SEC("usdt")
int on_probe(struct pt_regs* ctx) {
  __sync_fetch_and_add(&probe_hits, 1);
  argument_count = bpf_usdt_arg_cnt(ctx);
  probe_cookie = bpf_usdt_cookie(ctx);
#pragma unroll
  for (int i = 0; i < 6; ++i) {
    argument_errors[i] = bpf_usdt_arg(ctx, i, &arguments[i]);
  }
  return 0;
}

SEC("usdt")
int BPF_USDT(on_typed_probe, int first, long second) {
  __sync_fetch_and_add(&probe_hits, 1);
  arguments[0] = first;
  arguments[1] = second;
  return 0;
}

char _license[] SEC("license") = "GPL";

/* A program that was written for libbpf and is compiled against its headers (Debian's libbpf-dev), none of ours: what it reads of a probe, skep wrote. */
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;

enum { BPF_MAP_TYPE_HASH = 1, BPF_MAP_TYPE_ARRAY = 2 };

/* As the kernel for x86-64 has it; programs see it as their context. */
struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp,
      ss;
};

#define __VMLINUX_H__
#define __TARGET_ARCH_x86
#include <bpf/usdt.bpf.h>
#ifdef SKEP_USDT_BPF_H
#error "this is skep's header, and libbpf's is wanted"
#endif

__u64 probe_hits;
long arguments[6], argument_errors[6], argument_count, probe_cookie;

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

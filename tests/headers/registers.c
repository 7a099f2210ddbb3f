/* Every PT_REGS_ macro and every macro of bpf_tracing.h that uses registers, each in a section of its own; see compare. */
/* build x86: -D__TARGET_ARCH_x86 -D__VMLINUX_H__ */
/* build x86_user: -D__TARGET_ARCH_x86 */
/* build i386: -D__TARGET_ARCH_x86 -D__i386__ */
/* build arm64: -D__TARGET_ARCH_arm64 */
/* build arm: -D__TARGET_ARCH_arm */
/* build s390: -D__TARGET_ARCH_s390 */
/* build riscv: -D__TARGET_ARCH_riscv */
/* build powerpc: -D__TARGET_ARCH_powerpc */
/* build loongarch: -D__TARGET_ARCH_loongarch */
/* build mips: -D__TARGET_ARCH_mips */
/* build arc: -D__TARGET_ARCH_arc */
/* build sparc: -D__TARGET_ARCH_sparc */
#include "common.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86) && defined(__VMLINUX_H__)
struct pt_regs {
  unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp,
      ss;
};
#elif defined(__i386__)
struct pt_regs {
  long ebx, ecx, edx, esi, edi, ebp, eax, orig_eax, eip, eflags, esp;
};
#elif defined(__TARGET_ARCH_x86)
struct pt_regs {
  unsigned long r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs,
      eflags, rsp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
  __u64 regs[31], sp, pc, pstate;
};
#elif defined(__TARGET_ARCH_arm)
struct pt_regs {
  unsigned long uregs[18];
};
#elif defined(__TARGET_ARCH_s390)
typedef struct {
  unsigned long args[1];
  struct {
    unsigned long mask, addr;
  } psw;
  unsigned long gprs[16];
} user_pt_regs;
#elif defined(__TARGET_ARCH_riscv)
struct user_regs_struct {
  unsigned long pc, ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6, a7;
};
#elif defined(__TARGET_ARCH_powerpc)
struct pt_regs {
  unsigned long gpr[32], nip, msr, orig_gpr3, ctr, link;
};
#elif defined(__TARGET_ARCH_loongarch)
struct user_pt_regs {
  unsigned long regs[32], orig_a0, csr_era;
};
#elif defined(__TARGET_ARCH_mips)
struct pt_regs {
  unsigned long regs[32], cp0_status, hi, lo, cp0_badvaddr, cp0_cause, cp0_epc;
};
#elif defined(__TARGET_ARCH_arc)
struct user_regs_struct {
  struct {
    unsigned long pad, ret, sp, blink, r0, r1, r2, r3, r4, r5, r6, r7;
  } scratch;
};
#elif defined(__TARGET_ARCH_sparc)
struct pt_regs {
  unsigned long u_regs[16], tstate, tpc, tnpc, pc;
};
#define UREG_I0 8
#define UREG_I1 9
#define UREG_I2 10
#define UREG_I3 11
#define UREG_I4 12
#define UREG_I7 15
#define UREG_FP 14
#endif

#pragma clang attribute pop

#define TOOK(name, value)                               \
  SEC("kprobe/" #name) long name(struct pt_regs* ctx) { \
    return (long)(value);                               \
  }
#define BOTH(name, macro) TOOK(name, macro(ctx)) TOOK(name##_core, macro##_CORE(ctx))
#define SYSCALL(n)                                  \
  TOOK(syscall_##n, PT_REGS_PARM##n##_SYSCALL(ctx)) \
  TOOK(syscall_##n##_core, PT_REGS_PARM##n##_CORE_SYSCALL(ctx))

/* The oracle is libbpf 1.1.2. It knows neither loongarch nor the arguments behind the fifth. What is compiled without it differs on purpose: newer
 * libbpfs read the first argument of riscv's and powerpc's system calls from where it is kept; system calls are wrapped on riscv, not on mips and sparc;
 * those of i386 have registers of their own; the fifth argument of a function on 32-bit ARM lies on the stack, and the instruction pointer there is r15;
 * the oracle misspells the return addresses of s390 and powerpc and the stack pointer of the latter. */
BOTH(parm1, PT_REGS_PARM1)
BOTH(parm2, PT_REGS_PARM2)
BOTH(parm3, PT_REGS_PARM3)
BOTH(rc, PT_REGS_RC)
#if !defined(__i386__)
BOTH(parm4, PT_REGS_PARM4)
SYSCALL(2)
SYSCALL(3)
SYSCALL(4)
#endif
#if !defined(__i386__) && !defined(__TARGET_ARCH_riscv) && !defined(__TARGET_ARCH_powerpc)
SYSCALL(1)
#endif
#if !defined(__i386__) && !defined(__TARGET_ARCH_arm)
BOTH(parm5, PT_REGS_PARM5)
SYSCALL(5)
#endif
#if !defined(__TARGET_ARCH_arc) && !defined(__TARGET_ARCH_powerpc) && !defined(__TARGET_ARCH_sparc)
BOTH(fp, PT_REGS_FP)
#endif
#if !defined(__TARGET_ARCH_arm)
BOTH(ip, PT_REGS_IP)
#endif
#if !defined(__TARGET_ARCH_powerpc)
BOTH(sp, PT_REGS_SP)
#endif
#if !defined(__TARGET_ARCH_powerpc) && !defined(__TARGET_ARCH_s390)
BOTH(ret, PT_REGS_RET)
#endif
#if !defined(__TARGET_ARCH_riscv) && !defined(__TARGET_ARCH_mips) && !defined(__TARGET_ARCH_sparc)
TOOK(regs_of_syscall, PT_REGS_SYSCALL_REGS(ctx))
#endif

SEC("kprobe/typed") int BPF_KPROBE(typed, int a, void* b, char c) {
  return a + (b != 0) + c;
}
SEC("kprobe/bare") int BPF_KPROBE(bare) {
  return (long)ctx;
}
SEC("kretprobe/result") int BPF_KRETPROBE(result, long value) {
  return value > 3;
}
SEC("kretprobe/bare_result") int BPF_KRETPROBE(bare_result) {
  return (long)ctx;
}
#if !defined(__i386__) && !defined(__TARGET_ARCH_riscv) && !defined(__TARGET_ARCH_powerpc)
SEC("ksyscall/close") int BPF_KSYSCALL(of_close, int fd) {
  return fd;
}
SEC("ksyscall/openat") int BPF_KPROBE_SYSCALL(of_openat, int at, const char* name, int flags, int mode) {
  return at + (name != 0) + flags + mode;
}
#endif

#ifndef ORACLE
SEC("uprobe/typed_uprobe") int BPF_UPROBE(typed_uprobe, int a) {
  return a;
}
SEC("uretprobe/typed_uretprobe") int BPF_URETPROBE(typed_uretprobe, int a) {
  return a;
}
#if !defined(__i386__) && !defined(__TARGET_ARCH_arm) && !defined(__TARGET_ARCH_s390)
BOTH(parm6, PT_REGS_PARM6)
SYSCALL(6)
#endif
#if defined(__TARGET_ARCH_arm64) || defined(__TARGET_ARCH_riscv) || defined(__TARGET_ARCH_powerpc) || \
    defined(__TARGET_ARCH_loongarch) || defined(__TARGET_ARCH_mips)
SEC("kprobe/eight") int BPF_KPROBE(eight, int a, int b, int c, int d, int e, int f, int g, int h) {
  return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h;
}
#endif
#if defined(__i386__) || defined(__TARGET_ARCH_riscv) || defined(__TARGET_ARCH_powerpc)
SYSCALL(1)
#endif
#if defined(__i386__)
SYSCALL(2)
SYSCALL(6)
#elif defined(__TARGET_ARCH_arm)
BOTH(ip, PT_REGS_IP)
SYSCALL(5)
#elif defined(__TARGET_ARCH_s390)
BOTH(ret, PT_REGS_RET)
SYSCALL(6)
#elif defined(__TARGET_ARCH_powerpc)
BOTH(ret, PT_REGS_RET)
BOTH(sp, PT_REGS_SP)
#endif
#endif

/* expect x86 parm6: <byte_off> struct pt_regs::r9 (0:8) */
/* expect x86 syscall_6: <byte_off> struct pt_regs::r9 (0:8) */
/* expect x86 typed_uprobe: <byte_off> struct pt_regs::di (0:14) */
/* expect x86 typed_uretprobe: <byte_off> struct pt_regs::ax (0:10) */
/* expect i386 syscall_1: <byte_off> struct pt_regs::ebx (0:0) */
/* expect i386 syscall_2: <byte_off> struct pt_regs::ecx (0:1) */
/* expect i386 syscall_6_core: <byte_off> struct pt_regs::ebp (0:5) */
/* expect arm64 parm6: <byte_off> struct user_pt_regs::regs[5] (0:0:5) */
/* expect arm ip: <byte_off> struct pt_regs::uregs[15] (0:0:15) */
/* expect arm syscall_5: <byte_off> struct pt_regs::uregs[4] (0:0:4) */
/* expect s390 ret: <byte_off> typedef user_pt_regs::gprs[14] (0:2:14) */
/* expect s390 syscall_6: <byte_off> typedef user_pt_regs::gprs[7] (0:2:7) */
/* expect riscv syscall_1: <byte_off> struct pt_regs___riscv::orig_a0 (0:0) */
/* expect powerpc syscall_1_core: <byte_off> struct pt_regs___powerpc::orig_gpr3 (0:0) */
/* expect powerpc ret: <byte_off> struct pt_regs::link (0:5) */
/* expect powerpc sp: <byte_off> struct pt_regs::gpr[1] (0:0:1) */
/* expect loongarch parm1: <byte_off> struct user_pt_regs::regs[4] (0:0:4) */
/* expect loongarch syscall_1: <byte_off> struct pt_regs___loongarch::orig_a0 (0:0) */
/* expect loongarch syscall_2: <byte_off> struct user_pt_regs::regs[5] (0:0:5) */
/* expect loongarch rc: <byte_off> struct user_pt_regs::regs[4] (0:0:4) */
/* expect loongarch sp: <byte_off> struct user_pt_regs::regs[3] (0:0:3) */
/* expect loongarch ip: <byte_off> struct user_pt_regs::csr_era (0:2) */

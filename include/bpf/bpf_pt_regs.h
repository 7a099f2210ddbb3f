/* PT_REGS_*: which register of struct pt_regs holds a function's argument, its result, the stack pointer ... on each architecture. Included by
 * bpf_tracing.h. */
#ifndef SKEP_BPF_PT_REGS_H
#define SKEP_BPF_PT_REGS_H

#include "bpf_core_read.h"

/* The architecture: what the compiler was told with -D__TARGET_ARCH_<name>; else the one it compiles for, when that is not BPF. */
#if defined(__TARGET_ARCH_x86)
#define bpf_target_x86
#elif defined(__TARGET_ARCH_arm64)
#define bpf_target_arm64
#elif defined(__TARGET_ARCH_arm)
#define bpf_target_arm
#elif defined(__TARGET_ARCH_s390)
#define bpf_target_s390
#elif defined(__TARGET_ARCH_riscv)
#define bpf_target_riscv
#elif defined(__TARGET_ARCH_powerpc)
#define bpf_target_powerpc
#elif defined(__TARGET_ARCH_loongarch)
#define bpf_target_loongarch
#elif defined(__TARGET_ARCH_mips)
#define bpf_target_mips
#elif defined(__TARGET_ARCH_sparc)
#define bpf_target_sparc
#elif defined(__TARGET_ARCH_arc)
#define bpf_target_arc
#elif defined(__x86_64__) || defined(__i386__)
#define bpf_target_x86
#elif defined(__aarch64__)
#define bpf_target_arm64
#elif defined(__arm__)
#define bpf_target_arm
#elif defined(__s390__)
#define bpf_target_s390
#elif defined(__riscv) && __riscv_xlen == 64
#define bpf_target_riscv
#elif defined(__powerpc__)
#define bpf_target_powerpc
#elif defined(__loongarch__)
#define bpf_target_loongarch
#elif defined(__mips__)
#define bpf_target_mips
#elif defined(__sparc__)
#define bpf_target_sparc
#elif defined(__arc__)
#define bpf_target_arc
#else
#define SKEP_NO_TARGET
#endif

#ifndef SKEP_NO_TARGET
#define bpf_target_defined
#endif

struct pt_regs;

/* For each architecture, as members of what __PT_REGS_CAST makes of the pointer: arguments (PARM), of system calls where they differ (PARM<n>_SYSCALL),
 * return address or where it lies (RET), frame pointer (FP, if the kernel keeps one), result (RC), stack pointer (SP), next instruction (IP). Where a
 * system call's first argument is kept in a member that only newer or only the kernel's own pt_regs has, SKEP_ORIGINAL is that member and pt_regs
 * gets a flavour that declares it. */
#if defined(bpf_target_x86)

#if defined(__KERNEL__) || defined(__VMLINUX_H__)
#define __PT_PARM1_REG di
#define __PT_PARM2_REG si
#define __PT_PARM3_REG dx
#define __PT_PARM4_REG cx
#define __PT_PARM5_REG r8
#define __PT_PARM6_REG r9
#define __PT_PARM4_SYSCALL_REG r10
#define __PT_RET_REG sp
#define __PT_FP_REG bp
#define __PT_RC_REG ax
#define __PT_SP_REG sp
#define __PT_IP_REG ip
#elif defined(__i386__)
#define __PT_PARM1_REG eax
#define __PT_PARM2_REG edx
#define __PT_PARM3_REG ecx
#define __PT_PARM1_SYSCALL_REG ebx
#define __PT_PARM2_SYSCALL_REG ecx
#define __PT_PARM3_SYSCALL_REG edx
#define __PT_PARM4_SYSCALL_REG esi
#define __PT_PARM5_SYSCALL_REG edi
#define __PT_PARM6_SYSCALL_REG ebp
#define __PT_RET_REG esp
#define __PT_FP_REG ebp
#define __PT_RC_REG eax
#define __PT_SP_REG esp
#define __PT_IP_REG eip
#else /* struct pt_regs of <asm/ptrace.h> */
#define __PT_PARM1_REG rdi
#define __PT_PARM2_REG rsi
#define __PT_PARM3_REG rdx
#define __PT_PARM4_REG rcx
#define __PT_PARM5_REG r8
#define __PT_PARM6_REG r9
#define __PT_PARM4_SYSCALL_REG r10
#define __PT_RET_REG rsp
#define __PT_FP_REG rbp
#define __PT_RC_REG rax
#define __PT_SP_REG rsp
#define __PT_IP_REG rip
#endif

#elif defined(bpf_target_arm64)

struct pt_regs___arm64 {
  unsigned long orig_x0;
} __attribute__((preserve_access_index));
#define SKEP_ORIGINAL struct pt_regs___arm64, orig_x0
#define __PT_REGS_CAST(x) ((const struct user_pt_regs*)(x))
#define __PT_PARM1_REG regs[0]
#define __PT_PARM2_REG regs[1]
#define __PT_PARM3_REG regs[2]
#define __PT_PARM4_REG regs[3]
#define __PT_PARM5_REG regs[4]
#define __PT_PARM6_REG regs[5]
#define __PT_PARM7_REG regs[6]
#define __PT_PARM8_REG regs[7]
#define __PT_RET_REG regs[30]
#define __PT_FP_REG regs[29]
#define __PT_RC_REG regs[0]
#define __PT_SP_REG sp
#define __PT_IP_REG pc

#elif defined(bpf_target_arm)

#define __PT_PARM1_REG uregs[0]
#define __PT_PARM2_REG uregs[1]
#define __PT_PARM3_REG uregs[2]
#define __PT_PARM4_REG uregs[3]
#define __PT_PARM5_SYSCALL_REG uregs[4]
#define __PT_PARM6_SYSCALL_REG uregs[5]
#define __PT_PARM7_SYSCALL_REG uregs[6]
#define __PT_RET_REG uregs[14]
#define __PT_FP_REG uregs[11]
#define __PT_RC_REG uregs[0]
#define __PT_SP_REG uregs[13]
#define __PT_IP_REG uregs[15]

#elif defined(bpf_target_s390)

struct pt_regs___s390 {
  unsigned long orig_gpr2;
} __attribute__((preserve_access_index));
#define SKEP_ORIGINAL struct pt_regs___s390, orig_gpr2
#define __PT_REGS_CAST(x) ((const user_pt_regs*)(x))
#define __PT_PARM1_REG gprs[2]
#define __PT_PARM2_REG gprs[3]
#define __PT_PARM3_REG gprs[4]
#define __PT_PARM4_REG gprs[5]
#define __PT_PARM5_REG gprs[6]
#define __PT_PARM6_SYSCALL_REG gprs[7]
#define __PT_RET_REG gprs[14]
#define __PT_FP_REG gprs[11]
#define __PT_RC_REG gprs[2]
#define __PT_SP_REG gprs[15]
#define __PT_IP_REG psw.addr

#elif defined(bpf_target_riscv)

struct pt_regs___riscv {
  unsigned long orig_a0;
} __attribute__((preserve_access_index));
#define SKEP_ORIGINAL struct pt_regs___riscv, orig_a0
#define __PT_REGS_CAST(x) ((const struct user_regs_struct*)(x))
#define __PT_PARM1_REG a0
#define __PT_PARM2_REG a1
#define __PT_PARM3_REG a2
#define __PT_PARM4_REG a3
#define __PT_PARM5_REG a4
#define __PT_PARM6_REG a5
#define __PT_PARM7_REG a6
#define __PT_PARM8_REG a7
#define __PT_RET_REG ra
#define __PT_FP_REG s0
#define __PT_RC_REG a0
#define __PT_SP_REG sp
#define __PT_IP_REG pc

#elif defined(bpf_target_powerpc)

struct pt_regs___powerpc {
  unsigned long orig_gpr3;
} __attribute__((preserve_access_index));
#define SKEP_ORIGINAL struct pt_regs___powerpc, orig_gpr3
#define __PT_PARM1_REG gpr[3]
#define __PT_PARM2_REG gpr[4]
#define __PT_PARM3_REG gpr[5]
#define __PT_PARM4_REG gpr[6]
#define __PT_PARM5_REG gpr[7]
#define __PT_PARM6_REG gpr[8]
#define __PT_PARM7_REG gpr[9]
#define __PT_PARM8_REG gpr[10]
#define __PT_RET_REG link
#define __PT_RC_REG gpr[3]
#define __PT_SP_REG gpr[1]
#define __PT_IP_REG nip
#define PT_REGS_SYSCALL_REGS(ctx) (ctx)

#elif defined(bpf_target_loongarch)

struct pt_regs___loongarch {
  unsigned long orig_a0;
} __attribute__((preserve_access_index));
#define SKEP_ORIGINAL struct pt_regs___loongarch, orig_a0
#define __PT_REGS_CAST(x) ((const struct user_pt_regs*)(x))
#define __PT_PARM1_REG regs[4]
#define __PT_PARM2_REG regs[5]
#define __PT_PARM3_REG regs[6]
#define __PT_PARM4_REG regs[7]
#define __PT_PARM5_REG regs[8]
#define __PT_PARM6_REG regs[9]
#define __PT_PARM7_REG regs[10]
#define __PT_PARM8_REG regs[11]
#define __PT_RET_REG regs[1]
#define __PT_FP_REG regs[22]
#define __PT_RC_REG regs[4]
#define __PT_SP_REG regs[3]
#define __PT_IP_REG csr_era
#define PT_REGS_SYSCALL_REGS(ctx) (ctx)

#elif defined( \
    bpf_target_mips) /* the 64-bit calling convention; with 32 bits only the first four are in registers */

#define __PT_PARM1_REG regs[4]
#define __PT_PARM2_REG regs[5]
#define __PT_PARM3_REG regs[6]
#define __PT_PARM4_REG regs[7]
#define __PT_PARM5_REG regs[8]
#define __PT_PARM6_REG regs[9]
#define __PT_PARM7_REG regs[10]
#define __PT_PARM8_REG regs[11]
#define __PT_RET_REG regs[31]
#define __PT_FP_REG regs[30]
#define __PT_RC_REG regs[2]
#define __PT_SP_REG regs[29]
#define __PT_IP_REG cp0_epc
#define PT_REGS_SYSCALL_REGS(ctx) (ctx)

#elif defined( \
    bpf_target_sparc) /* %o0 ... of the function that is entered: the globals come first in u_regs */

#define __PT_PARM1_REG u_regs[8]
#define __PT_PARM2_REG u_regs[9]
#define __PT_PARM3_REG u_regs[10]
#define __PT_PARM4_REG u_regs[11]
#define __PT_PARM5_REG u_regs[12]
#define __PT_PARM6_REG u_regs[13]
#define __PT_RET_REG u_regs[15]
#define __PT_RC_REG u_regs[8]
#define __PT_SP_REG u_regs[14]
#if defined(__arch64__)
#define __PT_IP_REG tpc
#else
#define __PT_IP_REG pc
#endif
#define PT_REGS_SYSCALL_REGS(ctx) (ctx)

#elif defined(bpf_target_arc)

#define __PT_REGS_CAST(x) ((const struct user_regs_struct*)(x))
#define __PT_PARM1_REG scratch.r0
#define __PT_PARM2_REG scratch.r1
#define __PT_PARM3_REG scratch.r2
#define __PT_PARM4_REG scratch.r3
#define __PT_PARM5_REG scratch.r4
#define __PT_PARM6_REG scratch.r5
#define __PT_PARM7_REG scratch.r6
#define __PT_PARM8_REG scratch.r7
#define __PT_RET_REG scratch.blink
#define __PT_RC_REG scratch.r0
#define __PT_SP_REG scratch.sp
#define __PT_IP_REG scratch.ret
#define PT_REGS_SYSCALL_REGS(ctx) (ctx)

#endif

#ifdef bpf_target_defined

#ifndef __PT_REGS_CAST
#define __PT_REGS_CAST(x) (x)
#endif

/* Using what an architecture does not have is an error at the place of use: there is no member of this name. */
#ifndef __PT_PARM4_REG
#define __PT_PARM4_REG __unsupported__
#endif
#ifndef __PT_PARM5_REG
#define __PT_PARM5_REG __unsupported__
#endif
#ifndef __PT_PARM6_REG
#define __PT_PARM6_REG __unsupported__
#endif
#ifndef __PT_PARM7_REG
#define __PT_PARM7_REG __unsupported__
#endif
#ifndef __PT_PARM8_REG
#define __PT_PARM8_REG __unsupported__
#endif
#ifndef __PT_FP_REG
#define __PT_FP_REG __unsupported__
#endif

#ifndef __PT_PARM1_SYSCALL_REG
#define __PT_PARM1_SYSCALL_REG __PT_PARM1_REG
#endif
#ifndef __PT_PARM2_SYSCALL_REG
#define __PT_PARM2_SYSCALL_REG __PT_PARM2_REG
#endif
#ifndef __PT_PARM3_SYSCALL_REG
#define __PT_PARM3_SYSCALL_REG __PT_PARM3_REG
#endif
#ifndef __PT_PARM4_SYSCALL_REG
#define __PT_PARM4_SYSCALL_REG __PT_PARM4_REG
#endif
#ifndef __PT_PARM5_SYSCALL_REG
#define __PT_PARM5_SYSCALL_REG __PT_PARM5_REG
#endif
#ifndef __PT_PARM6_SYSCALL_REG
#define __PT_PARM6_SYSCALL_REG __PT_PARM6_REG
#endif
#ifndef __PT_PARM7_SYSCALL_REG
#define __PT_PARM7_SYSCALL_REG __PT_PARM7_REG
#endif

#define SKEP_REG(x, reg) (__PT_REGS_CAST(x)->reg)
#define SKEP_REG_CORE(x, reg) BPF_CORE_READ(__PT_REGS_CAST(x), reg)

#else

/* Registers of no architecture: an error where they are used, not where this file is included. */
#ifndef __BPF_TARGET_MISSING
#define __BPF_TARGET_MISSING \
  "GCC error \"registers need an architecture: compile with -D__TARGET_ARCH_<name>\""
#endif
#define SKEP_REG(x, reg)           \
  ({                               \
    _Pragma(__BPF_TARGET_MISSING); \
    0L;                            \
  })
#define SKEP_REG_CORE(x, reg) SKEP_REG(x, reg)

#endif

/* x is what a kprobe gets (struct pt_regs*). The plain forms read the context itself; the _CORE forms read any pt_regs in kernel memory, with
 * relocated offsets. */
#define PT_REGS_PARM1(x) SKEP_REG(x, __PT_PARM1_REG)
#define PT_REGS_PARM2(x) SKEP_REG(x, __PT_PARM2_REG)
#define PT_REGS_PARM3(x) SKEP_REG(x, __PT_PARM3_REG)
#define PT_REGS_PARM4(x) SKEP_REG(x, __PT_PARM4_REG)
#define PT_REGS_PARM5(x) SKEP_REG(x, __PT_PARM5_REG)
#define PT_REGS_PARM6(x) SKEP_REG(x, __PT_PARM6_REG)
#define PT_REGS_PARM7(x) SKEP_REG(x, __PT_PARM7_REG)
#define PT_REGS_PARM8(x) SKEP_REG(x, __PT_PARM8_REG)
#define PT_REGS_RET(x) SKEP_REG(x, __PT_RET_REG)
#define PT_REGS_FP(x) SKEP_REG(x, __PT_FP_REG)
#define PT_REGS_RC(x) SKEP_REG(x, __PT_RC_REG)
#define PT_REGS_SP(x) SKEP_REG(x, __PT_SP_REG)
#define PT_REGS_IP(x) SKEP_REG(x, __PT_IP_REG)
#define PT_REGS_PARM1_CORE(x) SKEP_REG_CORE(x, __PT_PARM1_REG)
#define PT_REGS_PARM2_CORE(x) SKEP_REG_CORE(x, __PT_PARM2_REG)
#define PT_REGS_PARM3_CORE(x) SKEP_REG_CORE(x, __PT_PARM3_REG)
#define PT_REGS_PARM4_CORE(x) SKEP_REG_CORE(x, __PT_PARM4_REG)
#define PT_REGS_PARM5_CORE(x) SKEP_REG_CORE(x, __PT_PARM5_REG)
#define PT_REGS_PARM6_CORE(x) SKEP_REG_CORE(x, __PT_PARM6_REG)
#define PT_REGS_PARM7_CORE(x) SKEP_REG_CORE(x, __PT_PARM7_REG)
#define PT_REGS_PARM8_CORE(x) SKEP_REG_CORE(x, __PT_PARM8_REG)
#define PT_REGS_RET_CORE(x) SKEP_REG_CORE(x, __PT_RET_REG)
#define PT_REGS_FP_CORE(x) SKEP_REG_CORE(x, __PT_FP_REG)
#define PT_REGS_RC_CORE(x) SKEP_REG_CORE(x, __PT_RC_REG)
#define PT_REGS_SP_CORE(x) SKEP_REG_CORE(x, __PT_SP_REG)
#define PT_REGS_IP_CORE(x) SKEP_REG_CORE(x, __PT_IP_REG)

/* Arguments of a system call, from its own registers: see PT_REGS_SYSCALL_REGS. */
#ifdef SKEP_ORIGINAL
#define SKEP_READ_ORIGINAL_(x, type, member) BPF_CORE_READ((const type*)(x), member)
#define SKEP_READ_ORIGINAL(x, ...) SKEP_READ_ORIGINAL_(x, __VA_ARGS__)
#define PT_REGS_PARM1_CORE_SYSCALL(x) SKEP_READ_ORIGINAL(x, SKEP_ORIGINAL)
#define PT_REGS_PARM1_SYSCALL(x) PT_REGS_PARM1_CORE_SYSCALL(x)
#else
#define PT_REGS_PARM1_SYSCALL(x) SKEP_REG(x, __PT_PARM1_SYSCALL_REG)
#define PT_REGS_PARM1_CORE_SYSCALL(x) SKEP_REG_CORE(x, __PT_PARM1_SYSCALL_REG)
#endif
#define PT_REGS_PARM2_SYSCALL(x) SKEP_REG(x, __PT_PARM2_SYSCALL_REG)
#define PT_REGS_PARM3_SYSCALL(x) SKEP_REG(x, __PT_PARM3_SYSCALL_REG)
#define PT_REGS_PARM4_SYSCALL(x) SKEP_REG(x, __PT_PARM4_SYSCALL_REG)
#define PT_REGS_PARM5_SYSCALL(x) SKEP_REG(x, __PT_PARM5_SYSCALL_REG)
#define PT_REGS_PARM6_SYSCALL(x) SKEP_REG(x, __PT_PARM6_SYSCALL_REG)
#define PT_REGS_PARM7_SYSCALL(x) SKEP_REG(x, __PT_PARM7_SYSCALL_REG)
#define PT_REGS_PARM2_CORE_SYSCALL(x) SKEP_REG_CORE(x, __PT_PARM2_SYSCALL_REG)
#define PT_REGS_PARM3_CORE_SYSCALL(x) SKEP_REG_CORE(x, __PT_PARM3_SYSCALL_REG)
#define PT_REGS_PARM4_CORE_SYSCALL(x) SKEP_REG_CORE(x, __PT_PARM4_SYSCALL_REG)
#define PT_REGS_PARM5_CORE_SYSCALL(x) SKEP_REG_CORE(x, __PT_PARM5_SYSCALL_REG)
#define PT_REGS_PARM6_CORE_SYSCALL(x) SKEP_REG_CORE(x, __PT_PARM6_SYSCALL_REG)
#define PT_REGS_PARM7_CORE_SYSCALL(x) SKEP_REG_CORE(x, __PT_PARM7_SYSCALL_REG)

/* In a kprobe on a system call's function (__x64_sys_...): the registers of the system call, for PT_REGS_PARM<n>_CORE_SYSCALL. Where the kernel wraps
 * system calls, the function's only argument points to them. */
#ifndef PT_REGS_SYSCALL_REGS
#define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs*)PT_REGS_PARM1(ctx))
#endif

/* Where a probed function returns to. On entry a link register holds it, or, on x86, the top of the stack; on return it is one word above the saved
 * frame pointer where the kernel keeps those. */
#if defined(bpf_target_x86)
#define BPF_KPROBE_READ_RET_IP(ip, ctx) \
  ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void*)PT_REGS_RET(ctx)); })
#else
#define BPF_KPROBE_READ_RET_IP(ip, ctx) ({ (ip) = PT_REGS_RET(ctx); })
#endif
#if defined(bpf_target_powerpc) || defined(bpf_target_sparc)
#define BPF_KRETPROBE_READ_RET_IP BPF_KPROBE_READ_RET_IP
#else
#define BPF_KRETPROBE_READ_RET_IP(ip, ctx) \
  ({ bpf_probe_read_kernel(&(ip), sizeof(ip), (void*)(PT_REGS_FP(ctx) + sizeof(ip))); })
#endif

#endif

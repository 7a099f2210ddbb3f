/* The registers that a probe gets, as user space knows them on three machines. A program that includes <asm/ptrace.h> or a vmlinux.h has them from there. */
#ifndef EXAMPLES_REGISTERS_H
#define EXAMPLES_REGISTERS_H

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
  unsigned long r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs;
  unsigned long eflags, rsp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
  unsigned long long regs[31], sp, pc, pstate;
};
#elif defined(__TARGET_ARCH_s390)
typedef struct {
  unsigned long args[1];
  struct {
    unsigned long mask, addr;
  } psw;
  unsigned long gprs[16];
} user_pt_regs;
#endif

#endif

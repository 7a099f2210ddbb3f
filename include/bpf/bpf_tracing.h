/* Programs with typed parameters instead of a context: BPF_PROG, BPF_KPROBE and their kin. The names are those in use for years, so that existing
 * sources compile unchanged. What concerns registers needs the architecture: compile with -D__TARGET_ARCH_x86 (or arm64, arm, s390, riscv, powerpc,
 * loongarch, mips, sparc, arc). */
#ifndef SKEP_BPF_TRACING_H
#define SKEP_BPF_TRACING_H

#include "bpf_pt_regs.h"

/* A macro stands where a function's name and parameters do, after the return type, and before the body:
 *   SEC("fentry/do_unlinkat") int BPF_PROG(on_unlink, int dfd, struct filename* name) { ... }
 * It ends in the head of an inline function ____<name> that the body completes; before that comes <name> itself, which gets the bare context and passes
 * on `values`. Words become pointers first, since those convert into whatever the parameter is. The context stays usable, as `ctx`. */
#define SKEP_TYPED(name, context, prologue, values, ...)                                  \
  name(context* ctx);                                                                     \
  static __always_inline __typeof__(name(0)) ____##name(context* ctx, ##__VA_ARGS__);     \
  __typeof__(name(0)) name(context* ctx) {                                                \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wint-conversion\"") \
        prologue return ____##name(ctx values);                                           \
    _Pragma("GCC diagnostic pop")                                                         \
  }                                                                                       \
  static __always_inline __typeof__(name(0)) ____##name(context* ctx, ##__VA_ARGS__)

/* tp_btf, fentry, fexit, lsm, struct_ops, raw tracepoints ...: the context is an array of 64-bit words, an argument each. Up to twelve. */
#define SKEP_WORD(n, parameter) , (void*)ctx[n]
#define BPF_PROG(name, ...) \
  SKEP_TYPED(name, unsigned long long, , SKEP_EACH(SKEP_WORD, ##__VA_ARGS__), ##__VA_ARGS__)

/* The same for functions that take structs by value, each of which fills one word or two. Type and name are separate arguments:
 *   int BPF_PROG2(on_call, struct pair, both, int, flags) { ... } */
#define SKEP_24TH_(x, a, b, c, d, e, f, g, h, i, j, k, l, m, o, p, q, r, s, t, u, v, w, y, z, n, ...) n
#define SKEP_PAIRS(...)                                                                                      \
  SKEP_24TH_(x, ##__VA_ARGS__, 12, odd, 11, odd, 10, odd, 9, odd, 8, odd, 7, odd, 6, odd, 5, odd, 4, odd, 3, \
             odd, 2, odd, 1, odd, 0)

#define SKEP_PARAMETERS_0()
#define SKEP_PARAMETERS_1(type, name) , type name
#define SKEP_PARAMETERS_2(type, name, ...) , type name SKEP_PARAMETERS_1(__VA_ARGS__)
#define SKEP_PARAMETERS_3(type, name, ...) , type name SKEP_PARAMETERS_2(__VA_ARGS__)
#define SKEP_PARAMETERS_4(type, name, ...) , type name SKEP_PARAMETERS_3(__VA_ARGS__)
#define SKEP_PARAMETERS_5(type, name, ...) , type name SKEP_PARAMETERS_4(__VA_ARGS__)
#define SKEP_PARAMETERS_6(type, name, ...) , type name SKEP_PARAMETERS_5(__VA_ARGS__)
#define SKEP_PARAMETERS_7(type, name, ...) , type name SKEP_PARAMETERS_6(__VA_ARGS__)
#define SKEP_PARAMETERS_8(type, name, ...) , type name SKEP_PARAMETERS_7(__VA_ARGS__)
#define SKEP_PARAMETERS_9(type, name, ...) , type name SKEP_PARAMETERS_8(__VA_ARGS__)
#define SKEP_PARAMETERS_10(type, name, ...) , type name SKEP_PARAMETERS_9(__VA_ARGS__)
#define SKEP_PARAMETERS_11(type, name, ...) , type name SKEP_PARAMETERS_10(__VA_ARGS__)
#define SKEP_PARAMETERS_12(type, name, ...) , type name SKEP_PARAMETERS_11(__VA_ARGS__)
#define SKEP_PARAMETERS(...) SKEP_PASTE(SKEP_PARAMETERS_, SKEP_PAIRS(__VA_ARGS__))(__VA_ARGS__)

/* The value of `type` in the words from `at` on. What is shorter than a word is its low bytes, in either byte order. */
#define SKEP_WORDS_OF(type) ((sizeof(type) + 7) / 8)
#define SKEP_TAKE(type, at)                                                                  \
  ({                                                                                         \
    _Static_assert(sizeof(type) <= 16, "an argument of more than 16 bytes is not in words"); \
    union {                                                                                  \
      type value;                                                                            \
      __u8 as_1;                                                                             \
      __u16 as_2;                                                                            \
      __u32 as_4;                                                                            \
      __u64 words[2];                                                                        \
    } skep_argument;                                                                         \
    if (sizeof(type) == 1) {                                                                 \
      skep_argument.as_1 = (__u8)ctx[at];                                                    \
    } else if (sizeof(type) == 2) {                                                          \
      skep_argument.as_2 = (__u16)ctx[at];                                                   \
    } else if (sizeof(type) == 4) {                                                          \
      skep_argument.as_4 = (__u32)ctx[at];                                                   \
    } else {                                                                                 \
      skep_argument.words[0] = ctx[at];                                                      \
      if (sizeof(type) > 8) {                                                                \
        skep_argument.words[1] = ctx[(at) + 1];                                              \
      }                                                                                      \
    }                                                                                        \
    skep_argument.value;                                                                     \
  })
#define SKEP_TAKEN_0(at)
#define SKEP_TAKEN_1(at, type, name) , SKEP_TAKE(type, at)
#define SKEP_TAKEN_2(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_1(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_3(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_2(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_4(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_3(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_5(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_4(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_6(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_5(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_7(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_6(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_8(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_7(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_9(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_8(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_10(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_9(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_11(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_10(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN_12(at, type, name, ...) \
  , SKEP_TAKE(type, at) SKEP_TAKEN_11(at + SKEP_WORDS_OF(type), __VA_ARGS__)
#define SKEP_TAKEN(...) SKEP_PASTE(SKEP_TAKEN_, SKEP_PAIRS(__VA_ARGS__))(0, ##__VA_ARGS__)

#define BPF_PROG2(name, ...)                                 \
  name(unsigned long long* ctx);                             \
  static __always_inline __typeof__(name(0)) ____##name(     \
      unsigned long long* ctx SKEP_PARAMETERS(__VA_ARGS__)); \
  __typeof__(name(0)) name(unsigned long long* ctx) {        \
    return ____##name(ctx SKEP_TAKEN(__VA_ARGS__));          \
  }                                                          \
  static __always_inline __typeof__(name(0)) ____##name(unsigned long long* ctx SKEP_PARAMETERS(__VA_ARGS__))

/* kprobes and uprobes: the first arguments of the probed function, as many as the architecture passes in registers; a return probe has at most its
 * result. */
#define SKEP_FIRST_0(reg, regs)
#define SKEP_FIRST_1(reg, regs) , (void*)reg(1)(regs)
#define SKEP_FIRST_2(reg, regs) SKEP_FIRST_1(reg, regs), (void*)reg(2)(regs)
#define SKEP_FIRST_3(reg, regs) SKEP_FIRST_2(reg, regs), (void*)reg(3)(regs)
#define SKEP_FIRST_4(reg, regs) SKEP_FIRST_3(reg, regs), (void*)reg(4)(regs)
#define SKEP_FIRST_5(reg, regs) SKEP_FIRST_4(reg, regs), (void*)reg(5)(regs)
#define SKEP_FIRST_6(reg, regs) SKEP_FIRST_5(reg, regs), (void*)reg(6)(regs)
#define SKEP_FIRST_7(reg, regs) SKEP_FIRST_6(reg, regs), (void*)reg(7)(regs)
#define SKEP_FIRST_8(reg, regs) SKEP_FIRST_7(reg, regs), (void*)reg(8)(regs)
#define SKEP_FIRST(reg, regs, ...) SKEP_PASTE(SKEP_FIRST_, SKEP_COUNT(__VA_ARGS__))(reg, regs)
#define SKEP_NTH(n) PT_REGS_PARM##n
#define SKEP_NTH_SYSCALL(n) PT_REGS_PARM##n##_SYSCALL
#define SKEP_NTH_CORE_SYSCALL(n) PT_REGS_PARM##n##_CORE_SYSCALL

#define BPF_KPROBE(name, ...) \
  SKEP_TYPED(name, struct pt_regs, , SKEP_FIRST(SKEP_NTH, ctx, ##__VA_ARGS__), ##__VA_ARGS__)

#define SKEP_RESULT_0
#define SKEP_RESULT_1 , (void*)PT_REGS_RC(ctx)
#define BPF_KRETPROBE(name, ...) \
  SKEP_TYPED(name, struct pt_regs, , SKEP_PASTE(SKEP_RESULT_, SKEP_COUNT(__VA_ARGS__)), ##__VA_ARGS__)

#define BPF_UPROBE(name, ...) BPF_KPROBE(name, ##__VA_ARGS__)
#define BPF_URETPROBE(name, ...) BPF_KRETPROBE(name, ##__VA_ARGS__)

/* A kprobe on a system call's function (SEC("ksyscall/...")), with the system call's own arguments, whether or not the kernel wraps system calls; up to
 * seven. mmap, clone, the socket calls of some architectures and 32-bit processes of a 64-bit kernel pass theirs in other ways. */
#define SKEP_UNWRAP_SYSCALL(name, ...)                                                          \
  struct pt_regs* regs = LINUX_HAS_SYSCALL_WRAPPER ? (struct pt_regs*)PT_REGS_PARM1(ctx) : ctx; \
  if (LINUX_HAS_SYSCALL_WRAPPER) {                                                              \
    return ____##name(ctx SKEP_FIRST(SKEP_NTH_CORE_SYSCALL, regs, ##__VA_ARGS__));              \
  }
#define BPF_KSYSCALL(name, ...)                                                                           \
  SKEP_TYPED(name, struct pt_regs, extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;                      \
             SKEP_UNWRAP_SYSCALL(name, ##__VA_ARGS__), SKEP_FIRST(SKEP_NTH_SYSCALL, regs, ##__VA_ARGS__), \
             ##__VA_ARGS__)
#define BPF_KPROBE_SYSCALL BPF_KSYSCALL

#endif

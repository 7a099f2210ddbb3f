/* What nearly every BPF C program includes: sections, map attributes, function and variable attributes, helpers, bpf_printk.
 * The names are those in use for years, so that existing sources compile unchanged. */
#ifndef SKEP_BPF_HELPERS_H
#define SKEP_BPF_HELPERS_H

#include "bpf_types.h"

#include "bpf_helper_defs.h"

/* Map attributes, for the members of an anonymous struct in SEC(".maps"). They exist only as types: a number becomes an array's dimension (or, where
 * 32 bits are too few, an enumerator), a type becomes a pointer's target, and the loader reads both from BTF. */
#define __uint(name, val) int(*name)[val]
#define __type(name, val) __typeof__(val)* name
#define __array(name, val) __typeof__(val)* name[]
#define SKEP_PASTE_(a, b) a##b
#define SKEP_PASTE(a, b) SKEP_PASTE_(a, b)
#define __ulong(name, val) \
  enum { SKEP_PASTE(skep_ulong_, SKEP_PASTE(__COUNTER__, SKEP_PASTE(_, __LINE__))) = (val) } name

/* The section tells the loader what a function or variable is. `used` keeps it although nothing in the file refers to it; externs know no `used`, which
 * clang would remark on; gcc takes no pragma here. */
#ifdef __clang__
#define SEC(name)                                                                           \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wignored-attributes\"") \
      __attribute__((section(name), used)) _Pragma("GCC diagnostic pop")
#else
#define SEC(name) __attribute__((section(name), used))
#endif

#undef __always_inline
#define __always_inline __inline__ __attribute__((always_inline))
#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
/* A global function that the verifier checks in each caller's context, as if it were static. */
#define __hidden __attribute__((visibility("hidden")))

/* Externs that the loader resolves: a kernel symbol, a kernel configuration option. */
#define __ksym __attribute__((section(".ksyms")))
#define __kconfig __attribute__((section(".kconfig")))
#define bpf_ksym_exists(sym) (!!(sym))

/* Type tags of kernel pointers that maps may hold; declaration tags of global functions' arguments. */
#define __kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __uptr __attribute__((btf_type_tag("uptr")))
#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))
#define __arg_nonnull __attribute__((btf_decl_tag("arg:nonnull")))
#define __arg_nullable __attribute__((btf_decl_tag("arg:nullable")))
#define __arg_trusted __attribute__((btf_decl_tag("arg:trusted")))
#define __arg_untrusted __attribute__((btf_decl_tag("arg:untrusted")))
#define __arg_arena __attribute__((btf_decl_tag("arg:arena")))

#ifndef NULL
#define NULL ((void*)0)
#endif
#ifndef offsetof
#define offsetof(type, member) __builtin_offsetof(type, member)
#endif
#ifndef container_of
#define container_of(pointer, type, member)                        \
  ({                                                               \
    const __typeof__(((type*)0)->member)* skep_member = (pointer); \
    (type*)((char*)skep_member - offsetof(type, member));          \
  })
#endif
#ifndef KERNEL_VERSION
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + ((c) > 255 ? 255 : (c)))
#endif

/* The compiler may neither move memory accesses over barrier() nor know anything of a variable's value after barrier_var(). */
#ifndef barrier
#define barrier() __asm__ volatile("" ::: "memory")
#endif
#ifndef barrier_var
#define barrier_var(var) __asm__ volatile("" : "+r"(var))
#endif
/* Where control cannot come. Compiles to a call of nothing, which no kernel accepts: wrong use shows when the program is loaded. */
#ifndef __bpf_unreachable
#define __bpf_unreachable() __builtin_trap()
#endif

/* Values of the `pinning` attribute. */
enum libbpf_pin_type {
  LIBBPF_PIN_NONE,
  LIBBPF_PIN_BY_NAME,
};

/* The type of a tristate `__kconfig` extern. */
enum libbpf_tristate {
  TRI_NO = 0,
  TRI_YES = 1,
  TRI_MODULE = 2,
};

/* A tail call whose index the compiler knows: with index and map in fixed registers the JIT can turn it into a direct jump (Linux 5.5). */
#if defined(__bpf__)
static __always_inline void bpf_tail_call_static(void* ctx, const void* map, const __u32 slot) {
  if (!__builtin_constant_p(slot)) {
    __bpf_unreachable();
  }
  __asm__ volatile(
      "r1 = %[context]\n"
      "r2 = %[programs]\n"
      "r3 = %[index]\n"
      "call 12\n"
      :
      : [context] "r"(ctx), [programs] "r"(map), [index] "i"(slot)
      : "r0", "r1", "r2", "r3", "r4", "r5");
}
#endif

/* SKEP_EACH_(store, a, b, ...) is store(0, a) store(1, b) ..., up to twelve. */
#define SKEP_EACH_0(f, n)
#define SKEP_EACH_1(f, n, a) f(n, a)
#define SKEP_EACH_2(f, n, a, ...) f(n, a) SKEP_EACH_1(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_3(f, n, a, ...) f(n, a) SKEP_EACH_2(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_4(f, n, a, ...) f(n, a) SKEP_EACH_3(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_5(f, n, a, ...) f(n, a) SKEP_EACH_4(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_6(f, n, a, ...) f(n, a) SKEP_EACH_5(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_7(f, n, a, ...) f(n, a) SKEP_EACH_6(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_8(f, n, a, ...) f(n, a) SKEP_EACH_7(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_9(f, n, a, ...) f(n, a) SKEP_EACH_8(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_10(f, n, a, ...) f(n, a) SKEP_EACH_9(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_11(f, n, a, ...) f(n, a) SKEP_EACH_10(f, n + 1, __VA_ARGS__)
#define SKEP_EACH_12(f, n, a, ...) f(n, a) SKEP_EACH_11(f, n + 1, __VA_ARGS__)
#define SKEP_13TH_(x, a, b, c, d, e, f, g, h, i, j, k, l, n, ...) n
#define SKEP_COUNT(...) SKEP_13TH_(x, ##__VA_ARGS__, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define SKEP_EACH(f, ...) SKEP_PASTE(SKEP_EACH_, SKEP_COUNT(__VA_ARGS__))(f, 0, ##__VA_ARGS__)
#define SKEP_STORE_ARGUMENT(n, value) skep_arguments[n] = (unsigned long long)(value);

/* Runs `call`, which may use skep_arguments (an array of 64-bit words on the stack). */
#define SKEP_WITH_ARGUMENTS(call, ...)                                                            \
  ({                                                                                              \
    unsigned long long skep_arguments[SKEP_COUNT(__VA_ARGS__) > 0 ? SKEP_COUNT(__VA_ARGS__) : 1]; \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wint-conversion\"")         \
        SKEP_EACH(SKEP_STORE_ARGUMENT, ##__VA_ARGS__) _Pragma("GCC diagnostic pop") call;         \
  })
#define SKEP_ARGUMENT_BYTES(...) (SKEP_COUNT(__VA_ARGS__) * 8)

/* Text to /sys/kernel/tracing/trace_pipe, for debugging. Up to three arguments: any kernel since 4.1 (since 5.2 with the format in .rodata; define
 * BPF_NO_GLOBAL_DATA to keep it on the stack). Four to twelve: Linux 5.16. */
#ifdef BPF_NO_GLOBAL_DATA
#define SKEP_FORMAT char
#else
#define SKEP_FORMAT static const char
#endif
#define SKEP_PRINTK_FEW(format, ...)                                   \
  ({                                                                   \
    SKEP_FORMAT skep_format[] = format;                                \
    bpf_trace_printk(skep_format, sizeof(skep_format), ##__VA_ARGS__); \
  })
#define SKEP_PRINTK_MANY(format, ...)                                                       \
  ({                                                                                        \
    static const char skep_format[] = format;                                               \
    SKEP_WITH_ARGUMENTS(bpf_trace_vprintk(skep_format, sizeof(skep_format), skep_arguments, \
                                          SKEP_ARGUMENT_BYTES(__VA_ARGS__)),                \
                        ##__VA_ARGS__);                                                     \
  })
#define SKEP_PICK_PRINTK_(x, a, b, c, d, e, f, g, h, i, j, k, l, name, ...) name
#define bpf_printk(format, ...)                                                                            \
  SKEP_PICK_PRINTK_(x, ##__VA_ARGS__, SKEP_PRINTK_MANY, SKEP_PRINTK_MANY, SKEP_PRINTK_MANY,                \
                    SKEP_PRINTK_MANY, SKEP_PRINTK_MANY, SKEP_PRINTK_MANY, SKEP_PRINTK_MANY,                \
                    SKEP_PRINTK_MANY, SKEP_PRINTK_MANY, SKEP_PRINTK_FEW, SKEP_PRINTK_FEW, SKEP_PRINTK_FEW, \
                    SKEP_PRINTK_FEW)                                                                       \
  (format, ##__VA_ARGS__)

/* Formats into a buffer (Linux 5.13) and into an iterator's output (Linux 5.8). */
#define BPF_SNPRINTF(out, out_size, format, ...)                                                    \
  ({                                                                                                \
    static const char skep_format[] = format;                                                       \
    SKEP_WITH_ARGUMENTS(                                                                            \
        bpf_snprintf(out, out_size, skep_format, skep_arguments, SKEP_ARGUMENT_BYTES(__VA_ARGS__)), \
        ##__VA_ARGS__);                                                                             \
  })
#define BPF_SEQ_PRINTF(seq, format, ...)                                                      \
  ({                                                                                          \
    static const char skep_format[] = format;                                                 \
    SKEP_WITH_ARGUMENTS(bpf_seq_printf(seq, skep_format, sizeof(skep_format), skep_arguments, \
                                       SKEP_ARGUMENT_BYTES(__VA_ARGS__)),                     \
                        ##__VA_ARGS__);                                                       \
  })

#endif

/* Arguments of USDT probes, for programs of section usdt or usdt.s:
 *   SEC("usdt/libc.so.6:libc:memory_heap_new")
 *   int BPF_USDT(on_heap, void* begin, unsigned long bytes) { ... }
 * The loader writes for each place of a probe where its arguments are (a constant, a register, memory that a register points to) into a map; the functions here
 * look that up and fetch the value. Include <bpf/bpf_tracing.h>'s needs first: struct pt_regs, and -D__TARGET_ARCH_x86 (or arm64, arm, s390, riscv, powerpc). */
#ifndef SKEP_USDT_BPF_H
#define SKEP_USDT_BPF_H

#include "bpf_helpers.h"
#include "bpf_tracing.h"

/* How many different places can be attached to at once; define it before the inclusion for more. */
#ifndef BPF_USDT_MAX_SPEC_CNT
#define BPF_USDT_MAX_SPEC_CNT 256
#endif
/* Kernels before 5.15 tell places by the address in the process: how many of those, over all processes. */
#ifndef BPF_USDT_MAX_IP_CNT
#define BPF_USDT_MAX_IP_CNT (4 * BPF_USDT_MAX_SPEC_CNT)
#endif
#define BPF_USDT_MAX_ARG_CNT 12

/* Names, numbers and layouts below are shared with the loader, and with objects that other headers of this name made. */
enum __bpf_usdt_arg_type {
  BPF_USDT_ARG_CONST,
  BPF_USDT_ARG_REG,
  BPF_USDT_ARG_REG_DEREF,
  BPF_USDT_ARG_SIB,
};

struct __bpf_usdt_arg_spec {
  __u64 val_off; /* the constant, or what is added to the register */
  __u32
      place; /* bits 0-7: __bpf_usdt_arg_type; 8-19: the index register's offset in pt_regs; 20-23: what it is shifted by */
  short reg_off; /* the register's offset in pt_regs */
  _Bool arg_signed;
  signed char arg_bitshift; /* 64 less the argument's bits */
};

struct __bpf_usdt_spec {
  struct __bpf_usdt_arg_spec args[BPF_USDT_MAX_ARG_CNT];
  __u64 usdt_cookie;
  short arg_cnt;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, BPF_USDT_MAX_SPEC_CNT);
  __type(key, int);
  __type(value, struct __bpf_usdt_spec);
} __bpf_usdt_specs SEC(".maps") __weak;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, BPF_USDT_MAX_IP_CNT);
  __type(key, long);
  __type(value, __u32);
} __bpf_usdt_ip_to_spec_id SEC(".maps") __weak;

extern const _Bool LINUX_HAS_BPF_COOKIE __kconfig;

/* What the loader wrote for the place that was hit, or null. */
static __always_inline struct __bpf_usdt_spec* skep_usdt_spec(struct pt_regs* ctx) {
  int id = 0;
  if (LINUX_HAS_BPF_COOKIE) {
    id = (int)bpf_get_attach_cookie(ctx);
  } else {
    long address = (long)PT_REGS_IP(ctx);
    __u32* found = bpf_map_lookup_elem(&__bpf_usdt_ip_to_spec_id, &address);
    if (!found) {
      return 0;
    }
    id = (int)*found;
  }
  return bpf_map_lookup_elem(&__bpf_usdt_specs, &id);
}

/* How many arguments the probe has, or -3 (ESRCH) where the place is not known. */
__weak __hidden int bpf_usdt_arg_cnt(struct pt_regs* ctx) {
  struct __bpf_usdt_spec* spec = skep_usdt_spec(ctx);
  return spec ? spec->arg_cnt : -3;
}

/* The size in bytes of argument `arg_num` (1, 2, 4 or 8), or -3 (ESRCH), -2 (ENOENT: the probe has fewer), -22 (EINVAL: it cannot be read). */
__weak __hidden int bpf_usdt_arg_size(struct pt_regs* ctx, __u64 arg_num) {
  struct __bpf_usdt_spec* spec = skep_usdt_spec(ctx);
  if (!spec) {
    return -3;
  }
  if (arg_num >= BPF_USDT_MAX_ARG_CNT || arg_num >= (__u64)spec->arg_cnt) {
    return -2;
  }
  return (spec->args[arg_num].place & 0xff) > BPF_USDT_ARG_SIB
             ? -22
             : (int)((64U - (unsigned)spec->args[arg_num].arg_bitshift) / 8);
}

/* Argument `arg_num`, from 0 on, as a 64-bit number with its own sign. 0, or as bpf_usdt_arg_size(), or what reading memory answered; *res is 0 then. */
__weak __hidden int bpf_usdt_arg(struct pt_regs* ctx, __u64 arg_num, long* res) {
  struct __bpf_usdt_spec* spec;
  struct __bpf_usdt_arg_spec* arg;
  unsigned long value = 0;
  unsigned long index = 0;
  __u32 type;
  int err;

  *res = 0;
  spec = skep_usdt_spec(ctx);
  if (!spec) {
    return -3;
  }
  if (arg_num >= BPF_USDT_MAX_ARG_CNT || arg_num >= (__u64)spec->arg_cnt) {
    return -2;
  }
  arg = &spec->args[arg_num];
  type = arg->place & 0xff;
  if (type > BPF_USDT_ARG_SIB) {
    return -22;
  }
  if (type == BPF_USDT_ARG_CONST) {
    value = arg->val_off;
  } else {
    /* The verifier knows no register by a number from a map, so the saved ones are read like any memory. */
    err = bpf_probe_read_kernel(&value, sizeof(value), (void*)ctx + arg->reg_off);
    if (err) {
      return err;
    }
  }
  if (type == BPF_USDT_ARG_SIB) {
    err = bpf_probe_read_kernel(&index, sizeof(index), (void*)ctx + ((arg->place >> 8) & 0xfff));
    if (err) {
      return err;
    }
    value += index << ((arg->place >> 20) & 0xf);
  }
  if (type >= BPF_USDT_ARG_REG_DEREF) {
    err = bpf_probe_read_user(&value, sizeof(value), (void*)value + arg->val_off);
    if (err) {
      return err;
    }
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value >>= arg->arg_bitshift;
#endif
  }
  value <<= arg->arg_bitshift;
  *res = arg->arg_signed ? (long)value >> arg->arg_bitshift : (long)(value >> arg->arg_bitshift);
  return 0;
}

/* The number that was given when the probe was attached; 0 where none was. */
__weak __hidden long bpf_usdt_cookie(struct pt_regs* ctx) {
  struct __bpf_usdt_spec* spec = skep_usdt_spec(ctx);
  return spec ? (long)spec->usdt_cookie : 0;
}

/* A program with the probe's arguments as parameters; what cannot be read is 0. The context stays usable, as `ctx`. */
#define SKEP_USDT_ARG(n, parameter)    \
  , ({                                 \
    long skep_value;                   \
    bpf_usdt_arg(ctx, n, &skep_value); \
    (void*)skep_value;                 \
  })
#define BPF_USDT(name, ...) \
  SKEP_TYPED(name, struct pt_regs, , SKEP_EACH(SKEP_USDT_ARG, ##__VA_ARGS__), ##__VA_ARGS__)

#endif

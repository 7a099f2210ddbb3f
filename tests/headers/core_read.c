/* Every macro of bpf_core_read.h, each in a section of its own; see compare. */
#include "common.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct leaf {
  int number;
  char name[16];
};

struct inner {
  struct leaf leaf;
  struct leaf* far;
  struct inner* next;
  const char* const text;
};

struct outer {
  int first;
  struct inner* inner;
  int few : 3;
  unsigned int more : 7;
  long long most : 40;
  union {
    int numbers[4];
    struct leaf leaves[2];
  };
};

enum colour { RED = 1, GREEN = 77 };
enum wide { BIG = 0x123456789abcULL };
typedef struct outer outer_t;

#pragma clang attribute pop

#define TOOK(name, ...)                         \
  SEC("raw_tp/" #name) long name(void* ctx) {   \
    struct outer* outer = *(struct outer**)ctx; \
    (void)outer;                                \
    return (long)(__VA_ARGS__);                 \
  }

TOOK(field_exists, bpf_core_field_exists(outer->inner))
TOOK(field_exists_of_type, bpf_core_field_exists(struct outer, inner))
TOOK(field_exists_nested, bpf_core_field_exists(outer->leaves[1].name[3]))
TOOK(field_size, bpf_core_field_size(outer->numbers))
TOOK(field_size_of_type, bpf_core_field_size(outer_t, leaves))
TOOK(field_offset, bpf_core_field_offset(outer->numbers[2]))
TOOK(field_offset_of_type, bpf_core_field_offset(struct outer, leaves[1].name))
TOOK(type_id_local, bpf_core_type_id_local(struct inner))
TOOK(type_id_kernel, bpf_core_type_id_kernel(struct inner))
TOOK(type_id_typedef, bpf_core_type_id_kernel(outer_t))
TOOK(type_exists, bpf_core_type_exists(struct inner))
TOOK(type_exists_enum, bpf_core_type_exists(enum colour))
TOOK(type_size, bpf_core_type_size(struct inner))
#if __clang_major__ >= 15
TOOK(type_matches, bpf_core_type_matches(struct inner))
#endif
TOOK(enum_value_exists, bpf_core_enum_value_exists(enum colour, GREEN))
TOOK(enum_value, bpf_core_enum_value(enum colour, RED))
#if __clang_major__ >= 15
TOOK(enum_value_wide, bpf_core_enum_value(enum wide, BIG))
#endif

TOOK(read_one, BPF_CORE_READ(outer, first))
TOOK(read_member, BPF_CORE_READ(outer, leaves[1].number))
TOOK(read_two, BPF_CORE_READ(outer, inner, leaf.number))
TOOK(read_three, BPF_CORE_READ(outer, inner, far, number))
TOOK(read_five, BPF_CORE_READ(outer, inner, next, next, next, text))
TOOK(read_nine, BPF_CORE_READ(outer, inner, next, next, next, next, next, next, far, number))
TOOK(read_of_address, BPF_CORE_READ(&outer->leaves[1], number))
TOOK(read_user, BPF_CORE_READ_USER(outer, inner, far, number))
TOOK(probe_read, BPF_PROBE_READ(outer, inner, far, number))
TOOK(probe_read_user, BPF_PROBE_READ_USER(outer, inner, next, leaf.number))
TOOK(plain_helpers, ({
       struct leaf leaf;
       char name[8];
       bpf_core_read(&leaf, sizeof(leaf), &outer->leaves[1]) +
           bpf_core_read_user(&leaf, sizeof(leaf), &outer->leaves[0]) +
           bpf_core_read_str(&name, sizeof(name), &outer->leaves[1].name) +
           bpf_core_read_user_str(&name, sizeof(name), &outer->leaves[0].name) + leaf.number + name[0];
     }))

#define INTO(name, macro, ...)                          \
  TOOK(name, ({                                         \
         struct leaf into;                              \
         const long status = macro(&into, __VA_ARGS__); \
         status + into.number;                          \
       }))
INTO(into, BPF_CORE_READ_INTO, outer, inner, next, leaf)
INTO(into_one, BPF_CORE_READ_INTO, outer, leaves[1])
INTO(into_user, BPF_CORE_READ_USER_INTO, outer, inner, leaf)
INTO(into_probe, BPF_PROBE_READ_INTO, outer, inner, leaf)
INTO(into_probe_user, BPF_PROBE_READ_USER_INTO, outer, inner, leaf)
INTO(into_text, BPF_CORE_READ_STR_INTO, outer, inner, far, name)
INTO(into_text_user, BPF_CORE_READ_USER_STR_INTO, outer, inner, far, name)
INTO(into_text_probe, BPF_PROBE_READ_STR_INTO, outer, inner, far, name)
INTO(into_text_probe_user, BPF_PROBE_READ_USER_STR_INTO, outer, inner, far, name)

TOOK(bits_few, BPF_CORE_READ_BITFIELD(outer, few))
TOOK(bits_more, BPF_CORE_READ_BITFIELD(outer, more))
TOOK(bits_most, BPF_CORE_READ_BITFIELD(outer, most))
TOOK(bits_probed, BPF_CORE_READ_BITFIELD_PROBED(outer, more))
TOOK(bits_probed_plain, BPF_CORE_READ_BITFIELD_PROBED(outer, numbers[1]))

#ifndef ORACLE
/* expect bits_written: <byte_off> struct outer::more (0:3) */
/* expect bits_written: <byte_sz> struct outer::more (0:3) */
/* expect bits_written: <lshift_u64> struct outer::more (0:3) */
/* expect bits_written: <rshift_u64> struct outer::more (0:3) */
TOOK(bits_written, ({
       BPF_CORE_WRITE_BITFIELD(outer, more, (unsigned long)ctx);
       0;
     }))
/* expect cast: <target_type_id> struct leaf */
/* expect cast: <byte_off> struct leaf::number (0:0) */
TOOK(cast, BPF_CORE_READ(bpf_core_cast(outer->inner->far, struct leaf), number))
/* expect cast: <byte_off> struct outer::inner (0:1) */
/* expect cast: <byte_off> struct inner::far (0:1) */
#endif

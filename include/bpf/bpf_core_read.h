/* Reading kernel structures whose layout is known only when the program is loaded: CO-RE. Every macro here leaves a record of what it asks for (a
 * member's offset, a type's size, an enumerator's value ...) beside the instruction that holds the answer, and the loader writes in what is true of the
 * kernel at hand. Structs must be declared with __attribute__((preserve_access_index)), as vmlinux.h does, only for plain accesses; the macros need
 * nothing. The names are those in use for years, so that existing sources compile unchanged. */
#ifndef SKEP_BPF_CORE_READ_H
#define SKEP_BPF_CORE_READ_H

#include "bpf_helpers.h"

/* What __builtin_preserve_field_info() can be asked of a member. */
enum bpf_field_info_kind {
  BPF_FIELD_BYTE_OFFSET = 0, /* of the loaded unit, when the member is a bitfield */
  BPF_FIELD_BYTE_SIZE = 1,   /* of the loaded unit, when the member is a bitfield */
  BPF_FIELD_EXISTS = 2,
  BPF_FIELD_SIGNED = 3,
  BPF_FIELD_LSHIFT_U64 = 4, /* shifts that leave just the member in a 64-bit word: */
  BPF_FIELD_RSHIFT_U64 = 5, /* first to the left, then (arithmetically, if signed) to the right */
};

/* What __builtin_btf_type_id() can be asked: the type's number in the object's own BTF, or in the kernel's. */
enum bpf_type_id_kind {
  BPF_TYPE_ID_LOCAL = 0,
  BPF_TYPE_ID_TARGET = 1,
};

/* What __builtin_preserve_type_info() can be asked. */
enum bpf_type_info_kind {
  BPF_TYPE_EXISTS = 0,
  BPF_TYPE_SIZE = 1,
  BPF_TYPE_MATCHES = 2, /* exists with the same members of the same types; clang 15 */
};

/* What __builtin_preserve_enum_value() can be asked. */
enum bpf_enum_value_kind {
  BPF_ENUMVAL_EXISTS = 0,
  BPF_ENUMVAL_VALUE = 1,
};

/* Questions about a member, a type, an enumerator. A question about a member takes an access (p->member) or a type and a member
 * (struct task_struct, mm). All answers are integers: existence and matching 1 or 0, a missing type's size and number 0. Where a missing member's
 * offset or size, or a missing enumerator's value, is used all the same, the kernel refuses the program if control can come there. */
#define SKEP_MEMBER_1(access) (access)
#define SKEP_MEMBER_2(type, member) (((__typeof__(type)*)0)->member)
#define SKEP_MEMBER(...) SKEP_PASTE(SKEP_MEMBER_, SKEP_COUNT(__VA_ARGS__))(__VA_ARGS__)
#define bpf_core_field_exists(...) __builtin_preserve_field_info(SKEP_MEMBER(__VA_ARGS__), BPF_FIELD_EXISTS)
#define bpf_core_field_size(...) __builtin_preserve_field_info(SKEP_MEMBER(__VA_ARGS__), BPF_FIELD_BYTE_SIZE)
#define bpf_core_field_offset(...) \
  __builtin_preserve_field_info(SKEP_MEMBER(__VA_ARGS__), BPF_FIELD_BYTE_OFFSET)

/* clang takes the type from a null pointer; gcc wants an object, which is declared and never used. */
#ifdef __clang__
#define SKEP_OF_TYPE(type) (*(__typeof__(type)*)0)
#define SKEP_ENUMERATOR(type, name) *(__typeof__(type)*)name
#else
#define SKEP_DECLARED(type, name)  \
  ({                               \
    extern __typeof__(type)* name; \
    name;                          \
  })
#define SKEP_OF_TYPE(type) (*SKEP_DECLARED(type, SKEP_PASTE(skep_type_, __COUNTER__)))
#define SKEP_ENUMERATOR(type, name) SKEP_DECLARED(type, SKEP_PASTE(skep_type_, __COUNTER__)), name
#endif
#define bpf_core_type_id_local(type) __builtin_btf_type_id(SKEP_OF_TYPE(type), BPF_TYPE_ID_LOCAL)
#define bpf_core_type_id_kernel(type) __builtin_btf_type_id(SKEP_OF_TYPE(type), BPF_TYPE_ID_TARGET)
#define bpf_core_type_exists(type) __builtin_preserve_type_info(SKEP_OF_TYPE(type), BPF_TYPE_EXISTS)
#define bpf_core_type_size(type) __builtin_preserve_type_info(SKEP_OF_TYPE(type), BPF_TYPE_SIZE)
#define bpf_core_type_matches(type) __builtin_preserve_type_info(SKEP_OF_TYPE(type), BPF_TYPE_MATCHES)
#define bpf_core_enum_value_exists(type, name) \
  __builtin_preserve_enum_value(SKEP_ENUMERATOR(type, name), BPF_ENUMVAL_EXISTS)
#define bpf_core_enum_value(type, name) \
  __builtin_preserve_enum_value(SKEP_ENUMERATOR(type, name), BPF_ENUMVAL_VALUE)

/* A pointer that the verifier will treat as one to the kernel's `type`, for reading only (Linux 6.2). Declared here alone: sources that declare the
 * function themselves do not agree on its parameters. */
#define bpf_core_cast(pointer, type)                                                   \
  ({                                                                                   \
    extern void* bpf_rdonly_cast(const void* obj__ign, __u32 btf_id__k) __ksym __weak; \
    (__typeof__(type)*)bpf_rdonly_cast((pointer), bpf_core_type_id_kernel(type));      \
  })

/* One read through a helper. `src` is the address of a member; its offset is what gets relocated. The results are the helpers'. Kernel memory, user
 * memory that the kernel's types describe (syscall arguments), and strings in both. */
#define SKEP_RELOCATED(address) ((const void*)__builtin_preserve_access_index(address))
#define bpf_core_read(dst, size, src) bpf_probe_read_kernel(dst, size, SKEP_RELOCATED(src))
#define bpf_core_read_user(dst, size, src) bpf_probe_read_user(dst, size, SKEP_RELOCATED(src))
#define bpf_core_read_str(dst, size, src) bpf_probe_read_kernel_str(dst, size, SKEP_RELOCATED(src))
#define bpf_core_read_user_str(dst, size, src) bpf_probe_read_user_str(dst, size, SKEP_RELOCATED(src))

/* The type of p->a->b->c, and a walk along it: every step but the last reads a pointer with `step` into a variable of the pointer's own type, the last
 * reads into *dst with `last`. The number in the variables' names keeps the steps, which nest, apart. */
#define SKEP_ARROW_1(p, a) (p)->a
#define SKEP_ARROW_2(p, a, ...) SKEP_ARROW_1((p)->a, __VA_ARGS__)
#define SKEP_ARROW_3(p, a, ...) SKEP_ARROW_2((p)->a, __VA_ARGS__)
#define SKEP_ARROW_4(p, a, ...) SKEP_ARROW_3((p)->a, __VA_ARGS__)
#define SKEP_ARROW_5(p, a, ...) SKEP_ARROW_4((p)->a, __VA_ARGS__)
#define SKEP_ARROW_6(p, a, ...) SKEP_ARROW_5((p)->a, __VA_ARGS__)
#define SKEP_ARROW_7(p, a, ...) SKEP_ARROW_6((p)->a, __VA_ARGS__)
#define SKEP_ARROW_8(p, a, ...) SKEP_ARROW_7((p)->a, __VA_ARGS__)
#define SKEP_ARROW_9(p, a, ...) SKEP_ARROW_8((p)->a, __VA_ARGS__)
#define SKEP_TYPE_AT_END(p, ...) __typeof__(SKEP_PASTE(SKEP_ARROW_, SKEP_COUNT(__VA_ARGS__))(p, __VA_ARGS__))

#define SKEP_STEP(n, step, p, a)  \
  __typeof__((p)->a) skep_at_##n; \
  step((void*)&skep_at_##n, sizeof(skep_at_##n), &(p)->a);
#define SKEP_WALK_1(step, last, dst, p, a) last((void*)(dst), sizeof(*(dst)), &(p)->a);
#define SKEP_WALK_2(step, last, dst, p, a, ...) \
  SKEP_STEP(2, step, p, a) SKEP_WALK_1(step, last, dst, skep_at_2, __VA_ARGS__)
#define SKEP_WALK_3(step, last, dst, p, a, ...) \
  SKEP_STEP(3, step, p, a) SKEP_WALK_2(step, last, dst, skep_at_3, __VA_ARGS__)
#define SKEP_WALK_4(step, last, dst, p, a, ...) \
  SKEP_STEP(4, step, p, a) SKEP_WALK_3(step, last, dst, skep_at_4, __VA_ARGS__)
#define SKEP_WALK_5(step, last, dst, p, a, ...) \
  SKEP_STEP(5, step, p, a) SKEP_WALK_4(step, last, dst, skep_at_5, __VA_ARGS__)
#define SKEP_WALK_6(step, last, dst, p, a, ...) \
  SKEP_STEP(6, step, p, a) SKEP_WALK_5(step, last, dst, skep_at_6, __VA_ARGS__)
#define SKEP_WALK_7(step, last, dst, p, a, ...) \
  SKEP_STEP(7, step, p, a) SKEP_WALK_6(step, last, dst, skep_at_7, __VA_ARGS__)
#define SKEP_WALK_8(step, last, dst, p, a, ...) \
  SKEP_STEP(8, step, p, a) SKEP_WALK_7(step, last, dst, skep_at_8, __VA_ARGS__)
#define SKEP_WALK_9(step, last, dst, p, a, ...) \
  SKEP_STEP(9, step, p, a) SKEP_WALK_8(step, last, dst, skep_at_9, __VA_ARGS__)
#define SKEP_WALK(step, last, dst, p, ...) \
  ({SKEP_PASTE(SKEP_WALK_, SKEP_COUNT(__VA_ARGS__))(step, last, dst, p, __VA_ARGS__)})
#define SKEP_WALK_TO_VALUE(step, p, ...)                      \
  ({                                                          \
    SKEP_TYPE_AT_END(p, __VA_ARGS__) skep_value;              \
    (void)SKEP_WALK(step, step, &skep_value, p, __VA_ARGS__); \
    skep_value;                                               \
  })

/* BPF_CORE_READ(task, mm, exe_file, f_inode, i_ino) is task->mm->exe_file->f_inode->i_ino; a step may also be `a.b` or `a[1]`. Up to nine steps. The
 * _INTO forms read the last step into *dst and are what the last helper returned; the _STR forms read a string there, sizeof(*dst) bytes at most. */
#define BPF_CORE_READ(src, ...) SKEP_WALK_TO_VALUE(bpf_core_read, src, __VA_ARGS__)
#define BPF_CORE_READ_INTO(dst, src, ...) SKEP_WALK(bpf_core_read, bpf_core_read, dst, src, __VA_ARGS__)
#define BPF_CORE_READ_STR_INTO(dst, src, ...) \
  SKEP_WALK(bpf_core_read, bpf_core_read_str, dst, src, __VA_ARGS__)

#define BPF_CORE_READ_USER(src, ...) SKEP_WALK_TO_VALUE(bpf_core_read_user, src, __VA_ARGS__)
#define BPF_CORE_READ_USER_INTO(dst, src, ...) \
  SKEP_WALK(bpf_core_read_user, bpf_core_read_user, dst, src, __VA_ARGS__)
#define BPF_CORE_READ_USER_STR_INTO(dst, src, ...) \
  SKEP_WALK(bpf_core_read_user, bpf_core_read_user_str, dst, src, __VA_ARGS__)

/* The same without relocation: for a program's own types and for those of user space. */
#define BPF_PROBE_READ(src, ...) SKEP_WALK_TO_VALUE(bpf_probe_read, src, __VA_ARGS__)
#define BPF_PROBE_READ_INTO(dst, src, ...) SKEP_WALK(bpf_probe_read, bpf_probe_read, dst, src, __VA_ARGS__)
#define BPF_PROBE_READ_STR_INTO(dst, src, ...) \
  SKEP_WALK(bpf_probe_read, bpf_probe_read_str, dst, src, __VA_ARGS__)

#define BPF_PROBE_READ_USER(src, ...) SKEP_WALK_TO_VALUE(bpf_probe_read_user, src, __VA_ARGS__)
#define BPF_PROBE_READ_USER_INTO(dst, src, ...) \
  SKEP_WALK(bpf_probe_read_user, bpf_probe_read_user, dst, src, __VA_ARGS__)
#define BPF_PROBE_READ_USER_STR_INTO(dst, src, ...) \
  SKEP_WALK(bpf_probe_read_user, bpf_probe_read_user_str, dst, src, __VA_ARGS__)

/* Bitfields (plain integers too), whatever their position, width and sign in the kernel: the unit that holds them is read as a number, and two shifts
 * leave the member, extended to 64 bits. READ_BITFIELD and WRITE_BITFIELD access memory directly, where the verifier allows it; the _PROBED form reads
 * through a helper. */
#define SKEP_ASK(s, member, what) __builtin_preserve_field_info((s)->member, BPF_FIELD_##what)
/* The relocated address, computed once: without the barrier clang would relocate each of the four possible loads. */
#define SKEP_UNIT(s, member)                                         \
  ({                                                                 \
    char* skep_unit = (char*)(s) + SKEP_ASK(s, member, BYTE_OFFSET); \
    barrier_var(skep_unit);                                          \
    (void*)skep_unit;                                                \
  })
#define SKEP_SHIFTED(s, member, word)                                               \
  ({                                                                                \
    unsigned long long skep_high = (word) << SKEP_ASK(s, member, LSHIFT_U64);       \
    SKEP_ASK(s, member, SIGNED)                                                     \
    ? (unsigned long long)((long long)skep_high >> SKEP_ASK(s, member, RSHIFT_U64)) \
    : skep_high >> SKEP_ASK(s, member, RSHIFT_U64);                                 \
  })

static __always_inline unsigned long long skep_load_unit(const void* unit, unsigned int bytes) {
  switch (bytes) {
    case 1: return *(const unsigned char*)unit;
    case 2: return *(const unsigned short*)unit;
    case 4: return *(const unsigned int*)unit;
    case 8: return *(const unsigned long long*)unit;
  }
  return 0;
}
static __always_inline void skep_store_unit(void* unit, unsigned int bytes, unsigned long long word) {
  switch (bytes) {
    case 1: *(unsigned char*)unit = (unsigned char)word; break;
    case 2: *(unsigned short*)unit = (unsigned short)word; break;
    case 4: *(unsigned int*)unit = (unsigned int)word; break;
    case 8: *(unsigned long long*)unit = word; break;
  }
}

#define BPF_CORE_READ_BITFIELD(s, member) \
  SKEP_SHIFTED(s, member, skep_load_unit(SKEP_UNIT(s, member), SKEP_ASK(s, member, BYTE_SIZE)))

/* The unit's bytes belong at the low end of the word: at its address on little-endian machines, at its end on big-endian ones. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define SKEP_LOW_END(word, bytes) ((void*)(word))
#else
#define SKEP_LOW_END(word, bytes) ((void*)((char*)(word) + 8 - (bytes)))
#endif
#define BPF_CORE_READ_BITFIELD_PROBED(s, member)                                    \
  ({                                                                                \
    unsigned long long skep_word = 0;                                               \
    bpf_probe_read_kernel(SKEP_LOW_END(&skep_word, SKEP_ASK(s, member, BYTE_SIZE)), \
                          SKEP_ASK(s, member, BYTE_SIZE),                           \
                          (const char*)(s) + SKEP_ASK(s, member, BYTE_OFFSET));     \
    SKEP_SHIFTED(s, member, skep_word);                                             \
  })

/* Ones shifted by the right shift are the member's mask at the top of the word; the left shift takes it down to where the member is. */
#define BPF_CORE_WRITE_BITFIELD(s, member, value)                                                 \
  ({                                                                                              \
    void* skep_into = SKEP_UNIT(s, member);                                                       \
    const unsigned int skep_bytes = SKEP_ASK(s, member, BYTE_SIZE);                               \
    const unsigned int skep_left = SKEP_ASK(s, member, LSHIFT_U64);                               \
    const unsigned int skep_right = SKEP_ASK(s, member, RSHIFT_U64);                              \
    const unsigned long long skep_mask = (~0ULL << skep_right) >> skep_left;                      \
    const unsigned long long skep_bits = (unsigned long long)(value) << (skep_right - skep_left); \
    const unsigned long long skep_old = skep_load_unit(skep_into, skep_bytes);                    \
    skep_store_unit(skep_into, skep_bytes, (skep_old & ~skep_mask) | (skep_bits & skep_mask));    \
  })

#endif

// The thirteen kinds of relocations, in three families.
#pragma once

#include "skep/uapi/btf.h"

namespace skep::co_re {

/// What a relocation is about: a member of a struct, a whole type, or one value of an enum.
enum class Family : u8 { field, type, enumerator, unknown };

constexpr Family family_of(u32 kind) {
  switch (kind) {
    case BPF_CORE_FIELD_BYTE_OFFSET:
    case BPF_CORE_FIELD_BYTE_SIZE:
    case BPF_CORE_FIELD_EXISTS:
    case BPF_CORE_FIELD_SIGNED:
    case BPF_CORE_FIELD_LSHIFT_U64:
    case BPF_CORE_FIELD_RSHIFT_U64: return Family::field;
    case BPF_CORE_TYPE_ID_LOCAL:
    case BPF_CORE_TYPE_ID_TARGET:
    case BPF_CORE_TYPE_EXISTS:
    case BPF_CORE_TYPE_SIZE:
    case BPF_CORE_TYPE_MATCHES: return Family::type;
    case BPF_CORE_ENUMVAL_EXISTS:
    case BPF_CORE_ENUMVAL_VALUE: return Family::enumerator;
    default: return Family::unknown;
  }
}

/// Asks whether something is there, and is answered by 0 where it is not.
constexpr bool is_question(u32 kind) {
  return kind == BPF_CORE_FIELD_EXISTS || kind == BPF_CORE_TYPE_EXISTS || kind == BPF_CORE_TYPE_MATCHES ||
         kind == BPF_CORE_ENUMVAL_EXISTS;
}

/// Where there is no match the instruction is poisoned, so that it must not be reached; the other kinds become 0.
constexpr bool poisons(u32 kind) {
  return (family_of(kind) == Family::field && kind != BPF_CORE_FIELD_EXISTS) ||
         kind == BPF_CORE_ENUMVAL_VALUE;
}

}  // namespace skep::co_re

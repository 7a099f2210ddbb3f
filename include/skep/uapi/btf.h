// BTF, the type information that travels with BPF programs and that the kernel describes itself with: the layout of a BTF blob (what BPF_BTF_LOAD
// takes and /sys/kernel/btf/* holds) and of the .BTF.ext section (which ties types, source lines and CO-RE relocations to instructions).
// All numbers are in the byte order of the machine the blob is for. Kernel source: include/uapi/linux/btf.h and bpf.h.
#pragma once

#include "skep/uapi/names.h"

namespace skep {

inline constexpr u16 BTF_MAGIC = 0xeb9f;  ///< also tells the byte order of the blob
inline constexpr u8 BTF_VERSION = 1;

/// Head of a BTF blob. The offsets of the three parts count from the end of this header, whose size is `hdr_len`.
struct btf_header {
  u16 magic;    ///< BTF_MAGIC
  u8 version;   ///< BTF_VERSION
  u8 flags;     ///< 0
  u32 hdr_len;  ///< 24, or 32 with the layout part
  u32 type_off;  ///< the types, one record after another; the first has id 1 (in split BTF: the id after the base's last)
  u32 type_len;  ///< in bytes
  u32 str_off;  ///< NUL-terminated strings; offset 0 is the empty one (in split BTF offsets continue after the base's strings)
  u32 str_len;  ///< in bytes
  u32 layout_off;  ///< Linux 7.1: one btf_layout for each kind, so that readers can skip kinds they do not know
  u32 layout_len;  ///< in bytes; 0 where there is no layout part
};
static_assert(sizeof(btf_header) == 32);
inline constexpr u32 btf_header_bytes_without_layout = 24;

/// How long records of one kind are; the position in the layout part is the kind. Linux 7.1.
struct btf_layout {
  u8 info_sz;  ///< bytes that follow every btf_type of the kind
  u8 elem_sz;  ///< bytes that follow for each of its `vlen` elements
  u16 flags;   ///< 0
};
static_assert(sizeof(btf_layout) == 4);

inline constexpr u32 BTF_MAX_KIND = 0x7f;               ///< 0x1f before Linux 7.1
inline constexpr u32 BTF_MAX_TYPE = 0x000fffff;         ///< highest type id that the kernel accepts
inline constexpr u32 BTF_MAX_NAME_OFFSET = 0x00ffffff;  ///< longest string part that the kernel accepts
inline constexpr u32 BTF_MAX_VLEN = 0x00ffffff;         ///< 0xffff before Linux 7.1

/// One type. What follows it depends on its kind.
struct btf_type {
  u32 name_off;  ///< into the strings; 0: nameless
  u32 info;  ///< bits 0-23: vlen (count of elements, or a FUNC's linkage); bits 24-30: kind; bit 31: kind flag
  union {
    u32 size;  ///< INT, ENUM, ENUM64, STRUCT, UNION, DATASEC, FLOAT: in bytes
    u32 type;  ///< PTR, TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, FUNC_PROTO, VAR, DECL_TAG, TYPE_TAG: id of the type referred to
  };
};
static_assert(sizeof(btf_type) == 12);

constexpr u32 BTF_INFO_KIND(u32 info) {
  return (info >> 24) & BTF_MAX_KIND;
}
constexpr u32 BTF_INFO_VLEN(u32 info) {
  return info & BTF_MAX_VLEN;
}
constexpr bool BTF_INFO_KFLAG(u32 info) {
  return (info >> 31) != 0;
}
/// The `info` word made of its three parts.
constexpr u32 btf_info(u32 kind, u32 vlen, bool kind_flag) {
  return (u32{kind_flag} << 31) | (kind << 24) | vlen;
}

/// What a type is.
enum btf_kind : u32 {
  BTF_KIND_UNKN = 0,  ///< never in a blob; stands for void (id 0)
  BTF_KIND_INT = 1,   ///< one u32 follows: BTF_INT_*
  BTF_KIND_PTR = 2,
  BTF_KIND_ARRAY = 3,   ///< one btf_array follows
  BTF_KIND_STRUCT = 4,  ///< vlen btf_member follow; kind flag: offsets carry bitfield sizes
  BTF_KIND_UNION = 5,   ///< like STRUCT
  BTF_KIND_ENUM = 6,    ///< vlen btf_enum follow; kind flag: signed
  BTF_KIND_FWD = 7,     ///< a struct that is declared only; kind flag: a union
  BTF_KIND_TYPEDEF = 8,
  BTF_KIND_VOLATILE = 9,
  BTF_KIND_CONST = 10,
  BTF_KIND_RESTRICT = 11,
  BTF_KIND_FUNC = 12,        ///< Linux 5.0; vlen is its linkage, the type a FUNC_PROTO
  BTF_KIND_FUNC_PROTO = 13,  ///< Linux 5.0; vlen btf_param follow, the type is what it returns
  BTF_KIND_VAR = 14,         ///< Linux 5.2; one btf_var follows
  BTF_KIND_DATASEC = 15,     ///< Linux 5.2; vlen btf_var_secinfo follow
  BTF_KIND_FLOAT = 16,       ///< Linux 5.13
  BTF_KIND_DECL_TAG = 17,    ///< Linux 5.16; one btf_decl_tag follows; kind flag: an attribute
  BTF_KIND_TYPE_TAG = 18,    ///< Linux 5.17; kind flag: an attribute
  BTF_KIND_ENUM64 = 19,      ///< Linux 6.0; vlen btf_enum64 follow; kind flag: signed
  NR_BTF_KINDS = 20,
};

// clang-format off: one row per line

/// btf_kind and the names that the kernel's log and bpftool write; the position is the kind.
inline constexpr auto btf_kind_names = std::to_array<NameRow<btf_kind>>({
    {BTF_KIND_UNKN,       "UNKNOWN"},
    {BTF_KIND_INT,        "INT"},
    {BTF_KIND_PTR,        "PTR"},
    {BTF_KIND_ARRAY,      "ARRAY"},
    {BTF_KIND_STRUCT,     "STRUCT"},
    {BTF_KIND_UNION,      "UNION"},
    {BTF_KIND_ENUM,       "ENUM"},
    {BTF_KIND_FWD,        "FWD"},
    {BTF_KIND_TYPEDEF,    "TYPEDEF"},
    {BTF_KIND_VOLATILE,   "VOLATILE"},
    {BTF_KIND_CONST,      "CONST"},
    {BTF_KIND_RESTRICT,   "RESTRICT"},
    {BTF_KIND_FUNC,       "FUNC"},
    {BTF_KIND_FUNC_PROTO, "FUNC_PROTO"},
    {BTF_KIND_VAR,        "VAR"},
    {BTF_KIND_DATASEC,    "DATASEC"},
    {BTF_KIND_FLOAT,      "FLOAT"},
    {BTF_KIND_DECL_TAG,   "DECL_TAG"},
    {BTF_KIND_TYPE_TAG,   "TYPE_TAG"},
    {BTF_KIND_ENUM64,     "ENUM64"},
});
static_assert(btf_kind_names.size() == NR_BTF_KINDS && names_are_unique(btf_kind_names));

// clang-format on

/// The name of `value`, or an empty text for what is newer than this table.
constexpr std::string_view name_of(btf_kind value) {
  return name_of(btf_kind_names, value);
}

// The u32 after an INT: bits 0-7 its width in bits, 16-23 an offset in bits, 24-27 flags.
constexpr u32 BTF_INT_ENCODING(u32 value) {
  return (value & 0x0f000000) >> 24;
}
constexpr u32 BTF_INT_OFFSET(u32 value) {
  return (value & 0x00ff0000) >> 16;
}
constexpr u32 BTF_INT_BITS(u32 value) {
  return value & 0x000000ff;
}
inline constexpr u32 BTF_INT_SIGNED = 1;
inline constexpr u32 BTF_INT_CHAR = 2;
inline constexpr u32 BTF_INT_BOOL = 4;

struct btf_array {
  u32 type;        ///< id of the element type
  u32 index_type;  ///< id of an integer type
  u32 nelems;      ///< 0 also for a flexible array
};
static_assert(sizeof(btf_array) == 12);

struct btf_member {
  u32 name_off;  ///< 0: an anonymous struct or union
  u32 type;
  u32 offset;  ///< in bits; with the kind flag: bits 0-23 the offset, 24-31 the width of a bitfield (0: not one)
};
static_assert(sizeof(btf_member) == 12);
constexpr u32 BTF_MEMBER_BITFIELD_SIZE(u32 offset) {
  return offset >> 24;
}
constexpr u32 BTF_MEMBER_BIT_OFFSET(u32 offset) {
  return offset & 0xffffff;
}

struct btf_enum {
  u32 name_off;
  s32 val;
};
static_assert(sizeof(btf_enum) == 8);

struct btf_enum64 {
  u32 name_off;
  u32 val_lo32;
  u32 val_hi32;
};
static_assert(sizeof(btf_enum64) == 12);

struct btf_param {
  u32 name_off;
  u32 type;  ///< a last parameter with neither name nor type stands for "..."
};
static_assert(sizeof(btf_param) == 8);

/// Linkage of a VAR.
enum btf_var_linkage : u32 {
  BTF_VAR_STATIC = 0,
  BTF_VAR_GLOBAL_ALLOCATED = 1,
  BTF_VAR_GLOBAL_EXTERN = 2,
};

/// Linkage of a FUNC.
enum btf_func_linkage : u32 {
  BTF_FUNC_STATIC = 0,
  BTF_FUNC_GLOBAL = 1,
  BTF_FUNC_EXTERN = 2,
};

struct btf_var {
  u32 linkage;  ///< BTF_VAR_*
};
static_assert(sizeof(btf_var) == 4);

/// Where in its section a variable lies. clang leaves offsets and the section's size 0: the loader fills them in from the ELF symbols.
struct btf_var_secinfo {
  u32 type;    ///< id of a VAR (in .ksyms also a FUNC)
  u32 offset;  ///< in bytes
  u32 size;    ///< in bytes
};
static_assert(sizeof(btf_var_secinfo) == 12);

struct btf_decl_tag {
  s32 component_idx;  ///< which member or parameter is tagged; -1: the type itself
};
static_assert(sizeof(btf_decl_tag) == 4);

/// Head of a .BTF.ext section. Offsets count from the end of this header, whose size is `hdr_len`. Each part is a u32 (size of one record) and then,
/// for each ELF section, a btf_ext_info_sec with its records.
struct btf_ext_header {
  u16 magic;    ///< BTF_MAGIC
  u8 version;   ///< BTF_VERSION
  u8 flags;     ///< 0
  u32 hdr_len;  ///< 24, or 32 with CO-RE relocations
  u32 func_info_off;
  u32 func_info_len;
  u32 line_info_off;
  u32 line_info_len;
  u32 core_relo_off;
  u32 core_relo_len;
};
static_assert(sizeof(btf_ext_header) == 32);
inline constexpr u32 btf_ext_header_bytes_without_core = 24;

struct btf_ext_info_sec {
  u32 sec_name_off;  ///< the ELF section's name, in the strings of the BTF
  u32 num_info;      ///< how many records follow
};
static_assert(sizeof(btf_ext_info_sec) == 8);

/// Which FUNC starts at an instruction. In .BTF.ext the offset is in bytes from the section's start; for BPF_PROG_LOAD in instructions.
struct bpf_func_info {
  u32 insn_off;
  u32 type_id;  ///< id of a FUNC
};
static_assert(sizeof(bpf_func_info) == 8);

/// Which source line an instruction comes from. Offsets as in bpf_func_info.
struct bpf_line_info {
  u32 insn_off;
  u32 file_name_off;  ///< in the BTF strings
  u32 line_off;       ///< the text of the line, in the BTF strings
  u32 line_col;       ///< line << 10 | column, both from 1
};
static_assert(sizeof(bpf_line_info) == 16);
constexpr u32 BPF_LINE_INFO_LINE_NUM(u32 line_col) {
  return line_col >> 10;
}
constexpr u32 BPF_LINE_INFO_LINE_COL(u32 line_col) {
  return line_col & 0x3ff;
}
/// The packed form of a line and a column.
constexpr u32 bpf_line_col(u32 line, u32 column) {
  return (line << 10) | (column & 0x3ff);
}

/// What a CO-RE relocation asks about the type on the running kernel.
enum bpf_core_relo_kind : u32 {
  BPF_CORE_FIELD_BYTE_OFFSET = 0,
  BPF_CORE_FIELD_BYTE_SIZE = 1,
  BPF_CORE_FIELD_EXISTS = 2,
  BPF_CORE_FIELD_SIGNED = 3,
  BPF_CORE_FIELD_LSHIFT_U64 = 4,  ///< left shift that puts a bitfield's top bit at bit 63
  BPF_CORE_FIELD_RSHIFT_U64 = 5,  ///< right shift that then brings it down to bit 0
  BPF_CORE_TYPE_ID_LOCAL = 6,
  BPF_CORE_TYPE_ID_TARGET = 7,
  BPF_CORE_TYPE_EXISTS = 8,
  BPF_CORE_TYPE_SIZE = 9,
  BPF_CORE_ENUMVAL_EXISTS = 10,
  BPF_CORE_ENUMVAL_VALUE = 11,
  BPF_CORE_TYPE_MATCHES = 12,
};

// clang-format off: one row per line

/// bpf_core_relo_kind and the short names that libbpf writes; the position is the kind.
inline constexpr auto core_relo_kind_names = std::to_array<NameRow<bpf_core_relo_kind>>({
    {BPF_CORE_FIELD_BYTE_OFFSET, "byte_off"},
    {BPF_CORE_FIELD_BYTE_SIZE,   "byte_sz"},
    {BPF_CORE_FIELD_EXISTS,      "field_exists"},
    {BPF_CORE_FIELD_SIGNED,      "signed"},
    {BPF_CORE_FIELD_LSHIFT_U64,  "lshift_u64"},
    {BPF_CORE_FIELD_RSHIFT_U64,  "rshift_u64"},
    {BPF_CORE_TYPE_ID_LOCAL,     "local_type_id"},
    {BPF_CORE_TYPE_ID_TARGET,    "target_type_id"},
    {BPF_CORE_TYPE_EXISTS,       "type_exists"},
    {BPF_CORE_TYPE_SIZE,         "type_size"},
    {BPF_CORE_ENUMVAL_EXISTS,    "enumval_exists"},
    {BPF_CORE_ENUMVAL_VALUE,     "enumval_value"},
    {BPF_CORE_TYPE_MATCHES,      "type_matches"},
});
static_assert(core_relo_kind_names.size() == BPF_CORE_TYPE_MATCHES + 1 && names_are_unique(core_relo_kind_names));

// clang-format on

/// The short name of `value`, or an empty text for what is newer than this table.
constexpr std::string_view name_of(bpf_core_relo_kind value) {
  return name_of(core_relo_kind_names, value);
}

/// One CO-RE relocation: an instruction whose immediate depends on the layout of a type on the running kernel.
struct bpf_core_relo {
  u32 insn_off;        ///< in bytes from the section's start
  u32 type_id;         ///< the root type, in the object's own BTF
  u32 access_str_off;  ///< "0:1:2" in the BTF strings: array index, then member (or enumerator) positions
  bpf_core_relo_kind kind;
};
static_assert(sizeof(bpf_core_relo) == 16);

}  // namespace skep

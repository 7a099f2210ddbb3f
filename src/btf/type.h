// Views of single BTF types. A Type is three words that point into a Btf; it stays valid as long as any copy of that Btf lives.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "skep/uapi/btf.h"

namespace skep::btf {

/// What a type is; the numbers are the kernel's BTF_KIND_*.
enum class Kind : u8 {
  unknown,  ///< void (id 0), or a kind newer than this table (see Type::raw_kind)
  int_,
  ptr,
  array,
  struct_,
  union_,
  enum_,
  fwd,
  typedef_,
  volatile_,
  const_,
  restrict_,
  func,
  func_proto,
  var,
  datasec,
  float_,
  decl_tag,
  type_tag,
  enum64,
};
inline constexpr u32 kind_count = NR_BTF_KINDS;

/// "STRUCT" for struct_: the kernel's word, which bpftool and its log use.
std::string_view name_of(Kind kind);

/// A member of a STRUCT or UNION.
struct Member {
  std::string_view name;  ///< empty for an anonymous struct or union
  u32 type_id = 0;
  u32 offset_bits = 0;    ///< from the start of the struct
  u32 bitfield_bits = 0;  ///< the width of a bitfield; 0: not a bitfield
};

/// A variable's place in a DATASEC.
struct SectionVariable {
  u32 type_id = 0;  ///< of the VAR (in .ksyms also of a FUNC)
  u32 offset = 0;   ///< in bytes; 0 in what clang emits, until the loader fills it in
  u32 bytes = 0;
};

struct Array {
  u32 element_type_id = 0;
  u32 index_type_id = 0;
  u32 count = 0;  ///< 0 also for a flexible array
};

/// A named value of an ENUM or ENUM64.
struct Enumerator {
  std::string_view name;
  s64 value = 0;  ///< when not `is_signed`: the bits of a u64
  bool is_signed = false;
};

struct Parameter {
  std::string_view name;  ///< empty without debug names, and for "..."
  u32 type_id = 0;        ///< 0 in a last parameter: "..."
};

struct Blob;

/// A view of one type. Accessors that make sense for some kinds only say so; on another kind they are a bug of the caller and stop the process.
class Type {
 public:
  Type(const Blob& blob, const std::byte* record, u32 id) : blob_(&blob), record_(record), id_(id) {}

  u32 id() const { return id_; }
  Kind kind() const { return raw_kind() < kind_count ? static_cast<Kind>(raw_kind()) : Kind::unknown; }
  /// The number in the blob, which may be newer than Kind.
  u32 raw_kind() const { return BTF_INFO_KIND(word(4)); }
  bool is_void() const { return id_ == 0; }
  std::string_view name() const;
  /// Offset of the name in the strings; 0 when nameless.
  u32 name_offset() const { return word(0); }
  /// Number of members, enumerators, parameters or section variables.
  u32 vlen() const { return BTF_INFO_VLEN(word(4)); }
  bool kind_flag() const { return BTF_INFO_KFLAG(word(4)); }
  /// int_, enum_, enum64, struct_, union_, datasec, float_.
  u32 size_bytes() const;
  /// The type referred to: ptr, typedef_, volatile_, const_, restrict_, func, func_proto (what it returns), var, decl_tag, type_tag.
  u32 type_id() const;

  // int_
  u32 int_bits() const { return BTF_INT_BITS(int_word()); }
  u32 int_offset_bits() const { return BTF_INT_OFFSET(int_word()); }
  /// BTF_INT_SIGNED, BTF_INT_CHAR, BTF_INT_BOOL or 0.
  u32 int_encoding() const { return BTF_INT_ENCODING(int_word()); }

  /// array
  Array array() const;
  /// struct_, union_; i < vlen().
  Member member(u32 i) const;
  /// enum_, enum64; i < vlen().
  Enumerator enumerator(u32 i) const;
  /// func_proto; i < vlen().
  Parameter parameter(u32 i) const;
  /// datasec; i < vlen().
  SectionVariable section_variable(u32 i) const;
  /// var: BTF_VAR_*; func: BTF_FUNC_*.
  u32 linkage() const;
  /// decl_tag: the member or parameter that is tagged; -1: the type itself.
  s32 component_index() const;

  bool is_composite() const { return kind() == Kind::struct_ || kind() == Kind::union_; }
  bool is_enum() const { return kind() == Kind::enum_ || kind() == Kind::enum64; }
  /// typedef_, volatile_, const_, restrict_, type_tag: changes nothing about the value.
  bool is_transparent() const;

 private:
  u32 word(std::size_t offset) const {
    u32 value;
    std::memcpy(&value, record_ + offset, sizeof value);
    return value;
  }
  /// `id`, or void where there is no such type: trusted blobs were not judged before.
  u32 existing(u32 id) const;
  u32 int_word() const;
  u32 element(u32 i, std::size_t element_bytes, std::size_t offset) const;

  const Blob* blob_;
  const std::byte* record_;
  u32 id_;
};

}  // namespace skep::btf

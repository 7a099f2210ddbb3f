#include <algorithm>
#include <limits>

#include "btf/blob.h"

namespace skep::btf {

namespace {

constexpr u32 pointer_bytes = 8;

/// Alignment of structs visits members of members; a hostile blob can make that exponential, so the visits are counted.
constexpr u32 most_visits = 1u << 17;

Result<u32> alignment_of(const Btf& btf, u32 id, u32 depth, u32& visits);

Result<u32> struct_alignment(const Btf& btf, Type type, u32 depth, u32& visits) {
  u32 widest = 1;
  bool packed = false;
  for (u32 i = 0; i < type.vlen(); ++i) {
    const Member member = type.member(i);
    SKEP_TRY(const u32 alignment, alignment_of(btf, member.type_id, depth, visits));
    widest = std::max(widest, alignment);
    packed |= member.bitfield_bits == 0 && member.offset_bits % (8 * alignment) != 0;
  }
  return packed || type.size_bytes() % widest != 0 ? 1 : widest;
}

Result<u32> alignment_of(const Btf& btf, u32 id, u32 depth, u32& visits) {
  if (depth > max_depth || ++visits > most_visits) {
    return fail(Errc::malformed,
                cat("BTF ", describe(btf, id), ": contains itself or nests deeper than ", max_depth));
  }
  const Type type = btf.type(btf.resolve(id));
  switch (type.kind()) {
    case Kind::int_:
    case Kind::enum_:
    case Kind::enum64:
    case Kind::float_: return std::min(pointer_bytes, std::bit_floor(std::max(type.size_bytes(), 1u)));
    case Kind::ptr: return pointer_bytes;
    case Kind::array: return alignment_of(btf, type.array().element_type_id, depth + 1, visits);
    case Kind::struct_:
    case Kind::union_: return struct_alignment(btf, type, depth + 1, visits);
    case Kind::var: return alignment_of(btf, type.type_id(), depth + 1, visits);
    default: return fail(Errc::invalid, cat("BTF ", describe(btf, id), ": has no alignment"));
  }
}

}  // namespace

Result<u64> Btf::size_bytes(u32 id) const {
  u64 count = 1;
  u32 at = id;
  for (u32 depth = 0; depth <= max_depth; ++depth) {
    const Type view = type(resolve(at));
    u64 bytes = 0;
    switch (view.kind()) {
      case Kind::array: {
        const Array array = view.array();
        if (array.count != 0 && count > std::numeric_limits<u64>::max() / array.count) {
          return fail(Errc::malformed, cat("BTF ", describe(*this, id), ": its size does not fit 64 bits"));
        }
        count *= array.count;
        at = array.element_type_id;
        continue;
      }
      case Kind::var: at = view.type_id(); continue;
      case Kind::ptr: bytes = pointer_bytes; break;
      default:
        if (!is_one_of(view.kind(), sized_kinds)) {
          return fail(Errc::invalid, cat("BTF ", describe(*this, id), ": has no size"));
        }
        bytes = view.size_bytes();
    }
    if (bytes != 0 && count > std::numeric_limits<u64>::max() / bytes) {
      return fail(Errc::malformed, cat("BTF ", describe(*this, id), ": its size does not fit 64 bits"));
    }
    return count * bytes;
  }
  return fail(Errc::malformed,
              cat("BTF ", describe(*this, id), ": contains itself or nests deeper than ", max_depth));
}

Result<u32> Btf::alignment(u32 id) const {
  u32 visits = 0;
  return alignment_of(*this, id, 0, visits);
}

}  // namespace skep::btf

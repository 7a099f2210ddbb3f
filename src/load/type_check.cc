#include "skep/type_check.h"

#include <optional>

#include "base/result.h"
#include "btf/btf.h"

namespace skep {
namespace {

using btf::Btf;
using btf::Kind;

struct Place {
  u64 offset_bits = 0;
  u32 type_id = 0;
  u32 bitfield_bits = 0;
};

/// A named member, also within anonymous structs and unions.
std::optional<Place> find_member(const Btf& btf, u32 struct_id, std::string_view name, u64 base_bits,
                                 u32 depth) {
  if (depth == btf::max_depth) {
    return std::nullopt;
  }
  const btf::Type type = btf.type(struct_id);
  for (u32 i = 0; i < type.vlen(); ++i) {
    const btf::Member member = type.member(i);
    const u64 offset = base_bits + member.offset_bits;
    if (member.name == name) {
      return Place{.offset_bits = offset, .type_id = member.type_id, .bitfield_bits = member.bitfield_bits};
    }
    const u32 inner = btf.resolve(member.type_id);
    if (member.name.empty() && btf.type(inner).is_composite()) {
      if (auto found = find_member(btf, inner, name, offset, depth + 1)) {
        return found;
      }
    }
  }
  return std::nullopt;
}

std::string described(const Btf& btf, u32 id) {
  const btf::Type type = btf.type(id);
  const std::string_view name = type.name();
  switch (type.kind()) {
    case Kind::struct_: return cat("struct ", name.empty() ? "(anonymous)" : name);
    case Kind::union_: return cat("union ", name.empty() ? "(anonymous)" : name);
    case Kind::enum_:
    case Kind::enum64: return cat("enum ", name.empty() ? "(anonymous)" : name);
    case Kind::ptr: return "a pointer";
    case Kind::array: return "an array";
    default: return name.empty() ? cat("type ", id) : std::string(name);
  }
}

/// A struct with one member is as good as the member.
u32 unwrap(const Btf& btf, u32 id) {
  for (u32 depth = 0; depth < btf::max_depth; ++depth) {
    id = btf.resolve(id);
    const btf::Type type = btf.type(id);
    if (!type.is_composite() || type.vlen() != 1 || type.member(0).bitfield_bits != 0) {
      return id;
    }
    id = type.member(0).type_id;
  }
  return id;
}

Result<void> check_shape(TypeLayout::Shape shape, const Btf& btf, u32 type_id) {
  using Shape = TypeLayout::Shape;
  if (shape == Shape::other) {
    return {};
  }
  const u32 id = unwrap(btf, type_id);
  const btf::Type type = btf.type(id);
  const bool is_integer = type.kind() == Kind::int_ || type.is_enum() || type.kind() == Kind::ptr;
  const bool fits = shape == Shape::integer ? is_integer : type.kind() == Kind::float_;
  if (!fits && type.kind() != Kind::unknown) {
    return fail(Errc::invalid,
                cat("the C++ type is ", shape == Shape::integer ? "an integer" : "a floating-point number",
                    ", BTF says ", described(btf, id)));
  }
  return {};
}

Result<void> check_field(const FieldLayout& field, const Btf& btf, u32 struct_id) {
  const std::string whole = described(btf, struct_id);
  const auto found = find_member(btf, struct_id, field.name, 0, 0);
  if (!found) {
    return fail(Errc::invalid, cat("field '", field.name, "': BTF's ", whole, " has no such field"));
  }
  if (found->bitfield_bits != 0 || found->offset_bits % 8 != 0) {
    return fail(Errc::invalid, cat("field '", field.name, "': a bit-field in BTF's ", whole,
                                   ", which no C++ field stands for"));
  }
  if (found->offset_bits / 8 != field.offset_bytes) {
    return fail(Errc::invalid, cat("field '", field.name, "': at offset ", field.offset_bytes,
                                   " in the C++ type, at ", found->offset_bits / 8, " in BTF's ", whole));
  }
  SKEP_TRY_IN(cat("field '", field.name, "'"), const u64 bytes, btf.size_bytes(found->type_id));
  if (bytes != field.size_bytes) {
    return fail(Errc::invalid, cat("field '", field.name, "': ", field.size_bytes, " bytes in the C++ type, ",
                                   bytes, " in BTF's ", whole));
  }
  return {};
}

}  // namespace

Result<void> check_type(const TypeLayout& layout, const Btf* btf, u32 type_id, u32 size_bytes) {
  if (layout.size_bytes != size_bytes) {
    return fail(Errc::invalid,
                cat("the C++ type has ", layout.size_bytes, " bytes, the kernel's value ", size_bytes));
  }
  if (btf == nullptr || type_id == 0 || type_id >= btf->type_count()) {
    return {};
  }
  u32 id = btf->resolve(type_id);
  if (btf->kind(id) == Kind::var) {
    id = btf->resolve(btf->type(id).type_id());
  }
  SKEP_CHECK(check_shape(layout.shape, *btf, id));
  if (layout.fields.empty()) {
    return {};
  }
  if (!btf->type(id).is_composite()) {
    return fail(Errc::invalid, cat("the C++ type is a struct, BTF says ", described(*btf, id)));
  }
  for (const FieldLayout& field : layout.fields) {
    SKEP_CHECK(check_field(field, *btf, id));
  }
  return {};
}

}  // namespace skep

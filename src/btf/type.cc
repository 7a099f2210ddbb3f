#include "btf/type.h"

#include "btf/blob.h"

namespace skep::btf {

std::string_view name_of(Kind kind) {
  return btf_kind_names[static_cast<std::size_t>(kind)].name;
}

std::string_view Type::name() const {
  return blob_->string(word(0));
}

u32 Type::size_bytes() const {
  SKEP_ASSERT(is_one_of(kind(), sized_kinds));
  return word(8);
}

u32 Type::type_id() const {
  SKEP_ASSERT(is_one_of(kind(), referring_kinds));
  return existing(word(8));
}

bool Type::is_transparent() const {
  return is_one_of(kind(), transparent_kinds);
}

u32 Type::int_word() const {
  SKEP_ASSERT(kind() == Kind::int_);
  return word(sizeof(btf_type));
}

u32 Type::element(u32 i, std::size_t element_bytes, std::size_t offset) const {
  return word(sizeof(btf_type) + std::size_t{i} * element_bytes + offset);
}

u32 Type::existing(u32 id) const {
  return blob_->has(id) ? id : 0;
}

Array Type::array() const {
  SKEP_ASSERT(kind() == Kind::array);
  return {.element_type_id = existing(word(12)), .index_type_id = existing(word(16)), .count = word(20)};
}

Member Type::member(u32 i) const {
  SKEP_ASSERT(is_composite() && i < vlen());
  const u32 place = element(i, sizeof(btf_member), 8);
  const bool packed = kind_flag();
  return {.name = blob_->string(element(i, sizeof(btf_member), 0)),
          .type_id = existing(element(i, sizeof(btf_member), 4)),
          .offset_bits = packed ? BTF_MEMBER_BIT_OFFSET(place) : place,
          .bitfield_bits = packed ? BTF_MEMBER_BITFIELD_SIZE(place) : 0};
}

Enumerator Type::enumerator(u32 i) const {
  SKEP_ASSERT(is_enum() && i < vlen());
  const bool is_signed = kind_flag();
  if (kind() == Kind::enum64) {
    const u64 low = element(i, sizeof(btf_enum64), 4);
    const u64 high = element(i, sizeof(btf_enum64), 8);
    return {.name = blob_->string(element(i, sizeof(btf_enum64), 0)),
            .value = static_cast<s64>(high << 32 | low),
            .is_signed = is_signed};
  }
  const u32 value = element(i, sizeof(btf_enum), 4);
  return {.name = blob_->string(element(i, sizeof(btf_enum), 0)),
          .value = is_signed ? s64{static_cast<s32>(value)} : s64{value},
          .is_signed = is_signed};
}

Parameter Type::parameter(u32 i) const {
  SKEP_ASSERT(kind() == Kind::func_proto && i < vlen());
  return {.name = blob_->string(element(i, sizeof(btf_param), 0)),
          .type_id = existing(element(i, sizeof(btf_param), 4))};
}

SectionVariable Type::section_variable(u32 i) const {
  SKEP_ASSERT(kind() == Kind::datasec && i < vlen());
  return {.type_id = existing(element(i, sizeof(btf_var_secinfo), 0)),
          .offset = element(i, sizeof(btf_var_secinfo), 4),
          .bytes = element(i, sizeof(btf_var_secinfo), 8)};
}

u32 Type::linkage() const {
  SKEP_ASSERT(kind() == Kind::var || kind() == Kind::func);
  return kind() == Kind::func ? vlen() : word(sizeof(btf_type));
}

s32 Type::component_index() const {
  SKEP_ASSERT(kind() == Kind::decl_tag);
  return static_cast<s32>(word(sizeof(btf_type)));
}

}  // namespace skep::btf

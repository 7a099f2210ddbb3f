// C++ types held against BTF types. A scalar is described by its size, signedness and kind; a struct by its size and, where SKEP_FIELDS names
// them, its fields. What BTF does not know is not checked.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "skep/error.h"
#include "skep/types.h"

namespace skep {

namespace btf {
class Btf;
}

/// One field of a C++ struct, as SKEP_FIELDS records it.
struct FieldLayout {
  std::string_view name;
  u32 offset_bytes = 0;
  u32 size_bytes = 0;
};

/// What a C++ type looks like from outside.
struct TypeLayout {
  u32 size_bytes = 0;
  enum class Shape : u8 { integer, floating, other } shape = Shape::other;
  std::vector<FieldLayout> fields;  ///< empty: not described
};

/// Specialised by SKEP_FIELDS.
template <class T>
struct Fields {
  static std::vector<FieldLayout> layout() { return {}; }
};

template <class T>
TypeLayout describe() {
  using Shape = TypeLayout::Shape;
  constexpr bool integer = std::is_integral_v<T> || std::is_enum_v<T>;
  return {.size_bytes = sizeof(T),
          .shape = integer                       ? Shape::integer
                   : std::is_floating_point_v<T> ? Shape::floating
                                                 : Shape::other,
          .fields = Fields<T>::layout()};
}

/// Compares a C++ type with BTF type `type_id` (0 or a null `btf`: only the size) of `size_bytes` bytes.
/// Errors: invalid; the text names the first difference: a size, a missing field, a field's offset.
Result<void> check_type(const TypeLayout& layout, const btf::Btf* btf, u32 type_id, u32 size_bytes);

}  // namespace skep

#define SKEP_FIELD_1_(T, f)          \
  ::skep::FieldLayout {              \
    #f, offsetof(T, f), sizeof(T::f) \
  }
#define SKEP_FIELDS_1_(T, f) SKEP_FIELD_1_(T, f)
#define SKEP_FIELDS_2_(T, f, ...) SKEP_FIELD_1_(T, f), SKEP_FIELDS_1_(T, __VA_ARGS__)
#define SKEP_FIELDS_3_(T, f, ...) SKEP_FIELD_1_(T, f), SKEP_FIELDS_2_(T, __VA_ARGS__)
#define SKEP_FIELDS_4_(T, f, ...) SKEP_FIELD_1_(T, f), SKEP_FIELDS_3_(T, __VA_ARGS__)
#define SKEP_FIELDS_5_(T, f, ...) SKEP_FIELD_1_(T, f), SKEP_FIELDS_4_(T, __VA_ARGS__)
#define SKEP_FIELDS_6_(T, f, ...) SKEP_FIELD_1_(T, f), SKEP_FIELDS_5_(T, __VA_ARGS__)
#define SKEP_FIELDS_7_(T, f, ...) SKEP_FIELD_1_(T, f), SKEP_FIELDS_6_(T, __VA_ARGS__)
#define SKEP_FIELDS_8_(T, f, ...) SKEP_FIELD_1_(T, f), SKEP_FIELDS_7_(T, __VA_ARGS__)
#define SKEP_FIELDS_PICK_(_1, _2, _3, _4, _5, _6, _7, _8, name, ...) name
/// Describes up to 8 fields of a struct, at global scope: `SKEP_FIELDS(Traffic, packets, bytes)`. map.as<Key, Traffic>() then refuses a map whose BTF
/// places `packets` or `bytes` elsewhere, or has them in another size.
#define SKEP_FIELDS(T, ...)                                                                                  \
  template <>                                                                                                \
  struct skep::Fields<T> {                                                                                   \
    static std::vector<::skep::FieldLayout> layout() {                                                       \
      return {SKEP_FIELDS_PICK_(__VA_ARGS__, SKEP_FIELDS_8_, SKEP_FIELDS_7_, SKEP_FIELDS_6_, SKEP_FIELDS_5_, \
                                SKEP_FIELDS_4_, SKEP_FIELDS_3_, SKEP_FIELDS_2_,                              \
                                SKEP_FIELDS_1_, )(T, __VA_ARGS__)};                                          \
    }                                                                                                        \
  }

// The object's way to a member or enumerator, followed in a type of the kernel.
#pragma once

#include <optional>

#include "co_re/access.h"

namespace skep::co_re {

/// Why a way cannot be followed.
struct Mismatch {
  enum class Why : u8 {
    none,
    no_member,      ///< the struct has no member of this name
    other_type,     ///< it has one, of a type that cannot be read as the object's
    no_struct,      ///< there is no struct or union to have members
    no_array,       ///< there is no array to have elements
    out_of_bounds,  ///< the array has fewer elements
    no_enum,        ///< the type is no enum
    no_value,       ///< the enum has no value of this name
  };
  Why why{};
  u32 step = 0;     ///< index into the object's steps
  u32 type_id = 0;  ///< of the kernel: what was looked at; with other_type: the member's type
};

/// Follows `wanted` from `root_id`: members by name through anonymous structs, elements within bounds; enumerators by essential name. Nothing, and `mismatch` filled
/// in, when that is not possible. Errors: malformed, invalid (types that nest too deep or have no size).
Result<std::optional<Access>> follow(const Types& local, const Access& wanted, const Types& target,
                                     u32 root_id, Budget& budget, Mismatch& mismatch);

}  // namespace skep::co_re

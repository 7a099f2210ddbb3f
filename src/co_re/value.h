// What a relocation asks for, as a number: of the object's own type, where it must equal what the compiler left in the instruction, and of the kernel's.
#pragma once

#include <bit>
#include <optional>

#include "co_re/access.h"

namespace skep::co_re {

struct Value {
  u64 number = 0;
  u32 access_bytes =
      0;  ///< FIELD_BYTE_OFFSET of what is no bitfield: how wide a load or store of it is; else 0
  u32 field_type_id = 0;  ///< likewise: of what type, typedefs and qualifiers aside
  /// The compiler must have left this very number. Of bitfields it may see the place otherwise, and type ids change when objects are linked.
  bool is_certain = true;
  bool is_32_bits =
      false;  ///< of a 32-bit enum: whether the upper half repeats the sign is the compiler's choice
};

/// The answer for an access that was found. `order` is that of the machine that will run the code: it decides how bitfields are shifted.
/// Errors: invalid, malformed (a type without a size, an element asked for its sign or shifts, a bitfield that no 8-byte load can read).
Result<Value> value_of(const Types& types, const Access& access, u32 kind, std::endian order);

/// The answer where there is no match: 0, or nothing where the instruction must not be reached.
std::optional<Value> value_of_nothing(u32 kind);

}  // namespace skep::co_re

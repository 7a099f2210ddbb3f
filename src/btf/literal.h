// Scalars in text: numbers, characters and strings as C writes them. Private to this layer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace skep::btf {

/// A number of up to 128 bits, as magnitude and sign.
struct Number {
  u64 low = 0;
  u64 high = 0;
  bool is_negative = false;

  /// True when the number is representable in `bits` (1 to 64) bits, as a signed or unsigned integer.
  bool fits(u32 bits, bool is_signed) const;
  /// The lowest 64 bits in two's complement.
  u64 bits() const { return is_negative ? ~low + 1 : low; }
};

/// "42", "-1", "0x2a", "052", "0b11", "'c'", "true", "false". Nothing when `text` is no number; an error when it is one too large for 128 bits.
Result<std::optional<Number>> read_number(std::string_view text);

/// The bytes of a C string literal with its quotes. Errors: invalid (an unknown escape, text after the end).
Result<std::string> read_string(std::string_view literal);

/// Where the literal that begins `text` (with ' or ") ends: one past its closing quote, or npos.
std::size_t end_of_literal(std::string_view text);

}  // namespace skep::btf

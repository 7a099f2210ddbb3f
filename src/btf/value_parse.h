// The reverse of value.h: bytes of a value set from C-like text, and places inside a value found by C-like paths. Bytes are in this machine's order.
#pragma once

#include <span>
#include <string_view>

#include "btf/btf.h"

namespace skep::btf {

/// Where something lies inside a value.
struct Place {
  u32 type_id = 0;
  u64 offset_bits = 0;
  u32 bitfield_bits = 0;  ///< 0: not a bitfield, and offset_bits is a multiple of 8
};

/// Follows `path` (".field[2].x", "field[2].x", "[3]", or nothing) from a value of type `id`; members of anonymous structs are found by their own
/// names, variables of a DATASEC by theirs. Errors: invalid (no such member, with the nearest names; an index outside of the array; not a
/// struct or array; a syntax error).
Result<Place> resolve_path(const Btf& btf, u32 id, std::string_view path);

/// Sets a whole value of type `id` at the start of `bytes` from text:
///   42, 0x2a, 052, 0b101010, -1, 'c', 0.5, true    numbers, checked against the type's range
///   RED                                            an enumerator of the type
///   "text"                                         for char arrays; what is left is zeroed
///   {1, 2}, {.x = 1, .y.z = 2}, {[3] = 1}          for structs, unions and arrays; what is not named is zeroed, as in C
/// Nothing is written on error. Errors: invalid (says where in the text and why), truncated (`bytes` is shorter than the type).
Result<void> parse_into(const Btf& btf, u32 id, std::string_view text, std::span<std::byte> bytes);

/// The same for a place inside a value, bitfields included.
Result<void> parse_at(const Btf& btf, const Place& place, std::string_view text, std::span<std::byte> bytes);

}  // namespace skep::btf

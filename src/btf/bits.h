// Integers of any width at any bit offset, in this machine's byte order. BTF counts bits from the first byte on: from its lowest bit on a little-endian
// machine, from its highest on a big-endian one.
#pragma once

#include <span>

#include "base/bytes.h"

namespace skep::btf {

/// The `bits` (1 to 64) at `offset_bits`, zero-extended. The caller has checked that the bytes are there.
inline u64 read_bits(std::span<const std::byte> bytes, u64 offset_bits, u32 bits) {
  u64 value = 0;
  if (bits == 64 && offset_bits % 8 == 0) {
    std::memcpy(&value, bytes.data() + offset_bits / 8, sizeof value);
    return value;
  }
  if (bits == 32 && offset_bits % 8 == 0) {
    u32 half;
    std::memcpy(&half, bytes.data() + offset_bits / 8, sizeof half);
    return half;
  }
  for (u32 i = 0; i < bits; ++i) {
    const u64 at = offset_bits + i;
    const u32 byte = std::to_integer<u32>(bytes[at / 8]);
    if constexpr (std::endian::native == std::endian::little) {
      value |= u64{(byte >> (at % 8)) & 1} << i;
    } else {
      value = value << 1 | ((byte >> (7 - at % 8)) & 1);
    }
  }
  return value;
}

/// Stores the lowest `bits` (1 to 64) of `value` at `offset_bits` and leaves the bits around them alone.
inline void write_bits(std::span<std::byte> bytes, u64 offset_bits, u32 bits, u64 value) {
  for (u32 i = 0; i < bits; ++i) {
    const u64 at = offset_bits + i;
    const bool little = std::endian::native == std::endian::little;
    const auto mask = static_cast<std::byte>(1u << (little ? at % 8 : 7 - at % 8));
    const bool is_set = ((value >> (little ? i : bits - 1 - i)) & 1) != 0;
    bytes[at / 8] = is_set ? bytes[at / 8] | mask : bytes[at / 8] & ~mask;
  }
}

/// `value` with bit `bits - 1` spread over all higher bits.
constexpr s64 sign_extend(u64 value, u32 bits) {
  const u32 unused = 64 - bits;
  return static_cast<s64>(value << unused) >> unused;
}

}  // namespace skep::btf

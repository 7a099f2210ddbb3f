// What reached() knows at one point of a program: registers and the stack slots that were written with known values.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "skep/types.h"

namespace skep::needs {

/// What is known of a register or a stack slot.
struct Value {
  enum class Kind : u8 {
    unknown,
    number,    ///< exactly `number`
    constant,  ///< the address of byte `number` of known, constant memory `region`
    stack,     ///< the frame pointer plus `number` (two's complement)
    address,   ///< some address that is not null
  };
  Kind kind = Kind::unknown;
  u32 region = 0;  ///< index of an Address
  u64 number = 0;

  friend bool operator==(const Value&, const Value&) = default;
  bool is_number() const { return kind == Kind::number; }
  bool is_not_null() const { return kind == Kind::constant || kind == Kind::stack || kind == Kind::address; }
};

constexpr Value number(u64 bits) {
  return {.kind = Value::Kind::number, .number = bits};
}

/// A stack slot that holds something known.
struct Slot {
  s64 offset = 0;  ///< from the frame pointer
  u32 bytes = 0;
  Value value;

  friend bool operator==(const Slot&, const Slot&) = default;
};

/// Registers and known slots. Joining two states keeps what both agree on.
struct State {
  std::array<Value, 11> registers{};
  std::vector<Slot> slots;  ///< by ascending offset, disjoint
  /// There is a pointer into the frame that is no longer followed: any store through a pointer, and any call, may change any slot.
  bool is_frame_open = false;

  friend bool operator==(const State&, const State&) = default;
  /// Keeps what `other` says too; true when that changed something.
  bool join(const State& other);
  /// Records a store of `bytes` bytes at `offset` and forgets what it overwrites.
  void store(s64 offset, u32 bytes, const Value& value);
  Value load(s64 offset, u32 bytes) const;
  /// Nothing is known of the stack any more.
  void forget_slots();
};

}  // namespace skep::needs

#include "needs/state.h"

#include <algorithm>

namespace skep::needs {
namespace {

/// More known slots than this are forgotten: a bound on memory.
constexpr std::size_t most_slots = 64;
/// A frame's size: the verifier refuses whatever reaches beyond it. MAX_BPF_STACK in the kernel.
constexpr s64 frame_bytes = 512;

bool overlap(const Slot& slot, s64 offset, u32 bytes) {
  return slot.offset < offset + s64{bytes} && offset < slot.offset + s64{slot.bytes};
}

}  // namespace

bool State::join(const State& other) {
  bool changed = false;
  bool is_open = is_frame_open || other.is_frame_open;
  for (std::size_t i = 0; i < registers.size(); ++i) {
    if (registers[i].kind != Value::Kind::unknown && registers[i] != other.registers[i]) {
      // Two addresses remain an address.
      const bool both = registers[i].is_not_null() && other.registers[i].is_not_null();
      const Value met = both ? Value{.kind = Value::Kind::address} : Value{};
      const bool is_frame =
          registers[i].kind == Value::Kind::stack || other.registers[i].kind == Value::Kind::stack;
      is_open |= both && is_frame;
      changed |= registers[i] != met;
      registers[i] = met;
    }
  }
  const std::size_t before = slots.size();
  std::erase_if(slots, [&](const Slot& slot) {
    const bool differs = std::find(other.slots.begin(), other.slots.end(), slot) == other.slots.end();
    is_open |= differs && slot.value.kind == Value::Kind::stack;
    return differs;
  });
  changed |= slots.size() != before || is_open != is_frame_open;
  is_frame_open = is_open;
  return changed;
}

void State::store(s64 offset, u32 bytes, const Value& value) {
  if (offset < -frame_bytes || offset >= 0) {
    return;
  }
  std::erase_if(slots, [&](const Slot& slot) { return overlap(slot, offset, bytes); });
  if (value.kind == Value::Kind::unknown || slots.size() >= most_slots) {
    is_frame_open |= value.kind == Value::Kind::stack;
    return;
  }
  const auto at =
      std::find_if(slots.begin(), slots.end(), [&](const Slot& slot) { return slot.offset > offset; });
  slots.insert(at, {.offset = offset, .bytes = bytes, .value = value});
}

Value State::load(s64 offset, u32 bytes) const {
  for (const Slot& slot : slots) {
    if (slot.offset == offset && slot.bytes == bytes) {
      return slot.value;
    }
  }
  return {};
}

void State::forget_slots() {
  is_frame_open |= std::any_of(slots.begin(), slots.end(),
                               [](const Slot& slot) { return slot.value.kind == Value::Kind::stack; });
  slots.clear();
}

}  // namespace skep::needs

#include "needs/evaluate.h"

#include <cstring>

#include "insn/traits.h"

namespace skep::needs {
namespace {

using Kind = Value::Kind;

u64 low_bits(u64 value, u32 bytes) {
  return bytes == 8 ? value : value & ((u64{1} << (bytes * 8)) - 1);
}

u64 sign_extended(u64 value, u32 bits) {
  const u32 shift = 64 - bits;
  return static_cast<u64>(static_cast<s64>(value << shift) >> shift);
}

u64 swapped(u64 value, u32 bytes) {
  u64 result = 0;
  for (u32 i = 0; i < bytes; ++i) {
    result = result << 8 | (value >> (i * 8) & 0xff);
  }
  return result;
}

/// Division as eBPF has it: by zero gives zero, the remainder is then the dividend.
std::optional<u64> divide(u64 a, u64 b, bool wants_remainder, bool is_signed, bool is_wide) {
  if (b == 0) {
    return wants_remainder ? a : 0;
  }
  if (!is_signed) {
    return wants_remainder ? a % b : a / b;
  }
  const s64 x = is_wide ? static_cast<s64>(a) : static_cast<s32>(static_cast<u32>(a));
  const s64 y = is_wide ? static_cast<s64>(b) : static_cast<s32>(static_cast<u32>(b));
  if (y == -1) {
    return wants_remainder ? 0 : u64{0} - static_cast<u64>(x);
  }
  return static_cast<u64>(wants_remainder ? x % y : x / y);
}

std::optional<u64> calculate(const bpf_insn& insn, u64 a, u64 b) {
  const bool is_wide = BPF_CLASS(insn.code) == BPF_ALU64;
  if (!is_wide) {
    a = low_bits(a, 4);
    b = low_bits(b, 4);
  }
  const u32 shift = static_cast<u32>(b & (is_wide ? 63 : 31));
  switch (BPF_OP(insn.code)) {
    case BPF_ADD: return a + b;
    case BPF_SUB: return a - b;
    case BPF_MUL: return a * b;
    case BPF_DIV: return divide(a, b, false, insn.off == 1, is_wide);
    case BPF_MOD: return divide(a, b, true, insn.off == 1, is_wide);
    case BPF_OR: return a | b;
    case BPF_AND: return a & b;
    case BPF_XOR: return a ^ b;
    case BPF_LSH: return a << shift;
    case BPF_RSH: return a >> shift;
    case BPF_ARSH:
      return static_cast<u64>((is_wide ? static_cast<s64>(a) : s64{static_cast<s32>(static_cast<u32>(a))}) >>
                              shift);
    case BPF_NEG: return u64{0} - a;
    default: return std::nullopt;
  }
}

Value operand(const bpf_insn& insn, const State& state) {
  if (BPF_SRC(insn.code) == BPF_X) {
    return insn.src_reg < MAX_BPF_REG ? state.registers[insn.src_reg] : Value{};
  }
  return number(static_cast<u64>(s64{insn.imm}));
}

Value moved(const bpf_insn& insn, const Value& from) {
  const bool is_wide = BPF_CLASS(insn.code) == BPF_ALU64;
  if (insn.off == 0) {
    if (is_wide) {
      return from;
    }
    return from.is_number() ? number(low_bits(from.number, 4)) : Value{};
  }
  if (!insn::is_movsx(insn) || !from.is_number()) {
    return {};
  }
  const u64 extended = sign_extended(from.number, static_cast<u32>(insn.off));
  return number(is_wide ? extended : low_bits(extended, 4));
}

Value byte_swapped(const bpf_insn& insn, const Value& from, std::endian order) {
  if (!from.is_number() || (insn.imm != 16 && insn.imm != 32 && insn.imm != 64)) {
    return {};
  }
  const u32 bytes = static_cast<u32>(insn.imm) / 8;
  const bool to_big = BPF_SRC(insn.code) == BPF_TO_BE;
  const bool swaps = BPF_CLASS(insn.code) == BPF_ALU64 || to_big != (order == std::endian::big);
  return number(swaps ? swapped(from.number, bytes) : low_bits(from.number, bytes));
}

Value arithmetic(const bpf_insn& insn, const Code& code, const State& state) {
  const Value& left = state.registers[insn.dst_reg];
  const u8 op = BPF_OP(insn.code);
  if (op == BPF_END) {
    return byte_swapped(insn, left, code.byte_order);
  }
  const Value right = operand(insn, state);
  if (op == BPF_MOV) {
    return moved(insn, right);
  }
  const bool is_wide = BPF_CLASS(insn.code) == BPF_ALU64;
  if (left.is_number() && right.is_number()) {
    const auto result = calculate(insn, left.number, right.number);
    if (!result) {
      return {};
    }
    return number(is_wide ? *result : low_bits(*result, 4));
  }
  if (!is_wide || (op != BPF_ADD && op != BPF_SUB) || !left.is_not_null()) {
    return {};
  }
  if (left.kind == Kind::address || !right.is_number()) {
    return left.kind == Kind::stack ? Value{} : Value{.kind = Kind::address};
  }
  Value result = left;
  result.number = op == BPF_ADD ? left.number + right.number : left.number - right.number;
  return result;
}

Value loaded(const bpf_insn& insn, const Code& code, const State& state) {
  if (insn.src_reg >= MAX_BPF_REG) {
    return {};
  }
  const Value& base = state.registers[insn.src_reg];
  const u32 bytes = insn::width_bytes(insn.code);
  const u64 at = base.number + static_cast<u64>(s64{insn.off});
  if (base.kind == Kind::stack && BPF_MODE(insn.code) == BPF_MEM) {
    return state.load(static_cast<s64>(at), bytes);
  }
  if (base.kind != Kind::constant) {
    return {};
  }
  const std::span<const std::byte> memory = code.addresses[base.region].bytes;
  if (at > memory.size() || bytes > memory.size() - at) {
    return {};
  }
  u64 value = 0;
  for (u32 i = 0; i < bytes; ++i) {
    const u64 place = code.byte_order == std::endian::little ? at + bytes - 1 - i : at + i;
    value = value << 8 | static_cast<u64>(memory[place]);
  }
  return number(BPF_MODE(insn.code) == BPF_MEMSX ? sign_extended(value, bytes * 8) : value);
}

/// Writes what `insn` makes of its operands. A pointer into the frame that it turns into something else may come back as an address.
void calculate_into(const bpf_insn& insn, const Code& code, State& state) {
  const Value made = arithmetic(insn, code, state);
  Value& result = state.registers[insn.dst_reg];
  const bool reads_result = BPF_OP(insn.code) != BPF_MOV && result.kind == Kind::stack;
  const bool reads_frame = reads_result || operand(insn, state).kind == Kind::stack;
  state.is_frame_open |= reads_frame && made.kind != Kind::stack;
  result = made;
}

void store(const bpf_insn& insn, State& state) {
  const Value& base = state.registers[insn.dst_reg];
  if (base.kind != Kind::stack) {
    if (state.is_frame_open) {
      state.forget_slots();
    }
    return;
  }
  const u32 bytes = insn::width_bytes(insn.code);
  Value value;
  if (BPF_MODE(insn.code) == BPF_MEM) {
    value = BPF_CLASS(insn.code) == BPF_ST ? number(static_cast<u64>(s64{insn.imm}))
            : insn.src_reg < MAX_BPF_REG   ? state.registers[insn.src_reg]
                                           : Value{};
  }
  if (value.is_number()) {
    value.number = low_bits(value.number, bytes);
  } else if (bytes != 8) {
    value = {};
  }
  state.store(static_cast<s64>(base.number + static_cast<u64>(s64{insn.off})), bytes, value);
}

/// Atomics may write the register that they fetch into.
void atomic(const bpf_insn& insn, State& state) {
  store(insn, state);
  if (insn.imm == BPF_LOAD_ACQ) {
    state.registers[insn.dst_reg] = {};
  } else if (insn.imm == BPF_CMPXCHG) {
    state.registers[0] = {};
  } else if ((insn.imm & BPF_FETCH) != 0 && insn.src_reg < MAX_BPF_REG) {
    state.registers[insn.src_reg] = {};
  }
}

std::optional<bool> compare(u8 op, u64 a, u64 b, bool is_wide) {
  const s64 x = is_wide ? static_cast<s64>(a) : static_cast<s32>(static_cast<u32>(a));
  const s64 y = is_wide ? static_cast<s64>(b) : static_cast<s32>(static_cast<u32>(b));
  switch (op) {
    case BPF_JEQ: return a == b;
    case BPF_JNE: return a != b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    case BPF_JLT: return a < b;
    case BPF_JLE: return a <= b;
    case BPF_JSET: return (a & b) != 0;
    case BPF_JSGT: return x > y;
    case BPF_JSGE: return x >= y;
    case BPF_JSLT: return x < y;
    case BPF_JSLE: return x <= y;
    default: return std::nullopt;
  }
}

}  // namespace

void apply(const bpf_insn& insn, const Code& code, State& state) {
  if (insn.dst_reg >= MAX_BPF_REG) {
    return;
  }
  switch (BPF_CLASS(insn.code)) {
    case BPF_ALU:
    case BPF_ALU64: calculate_into(insn, code, state); break;
    case BPF_LDX: state.registers[insn.dst_reg] = loaded(insn, code, state); break;
    case BPF_ST: store(insn, state); break;
    case BPF_STX:
      if (insn::is_atomic(insn)) {
        atomic(insn, state);
      } else {
        store(insn, state);
      }
      break;
    case BPF_LD: forget_after_call(state); break;  // packet loads of classic BPF clobber like calls
    default: break;
  }
}

std::optional<bool> is_taken(const bpf_insn& insn, const State& state) {
  if (insn.dst_reg >= MAX_BPF_REG) {
    return std::nullopt;
  }
  const bool is_wide = BPF_CLASS(insn.code) == BPF_JMP;
  const Value& left = state.registers[insn.dst_reg];
  const Value right = operand(insn, state);
  const u8 op = BPF_OP(insn.code);
  if (!right.is_number()) {
    return std::nullopt;
  }
  if (left.is_not_null() && is_wide && right.number == 0) {
    return op == BPF_JEQ ? std::optional(false) : op == BPF_JNE ? std::optional(true) : std::nullopt;
  }
  if (!left.is_number()) {
    return std::nullopt;
  }
  return is_wide ? compare(op, left.number, right.number, true)
                 : compare(op, low_bits(left.number, 4), low_bits(right.number, 4), false);
}

void forget_after_call(State& state) {
  bool may_write = state.is_frame_open;
  for (u8 i = BPF_REG_1; i <= BPF_REG_5; ++i) {
    may_write |= state.registers[i].kind == Kind::stack;
    state.registers[i] = {};
  }
  if (may_write) {
    state.forget_slots();
  }
  state.registers[BPF_REG_0] = {};
}

}  // namespace skep::needs

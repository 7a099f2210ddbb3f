#include "insn/print.h"

#include <array>

#include "base/text.h"
#include "insn/traits.h"
#include "skep/uapi/helpers.h"

namespace skep::insn {

namespace {

using std::string_view;

// Operators by the operation's four bits; an empty one is written otherwise or does not exist.
constexpr std::array<string_view, 16> alu_operators{
    "+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "", "%=", "^=", "=", "s>>=", "", "", ""};
constexpr std::array<string_view, 16> jump_operators{
    "", "==", ">", ">=", "&", "!=", "s>", "s>=", "", "", "<", "<=", "s<", "s<=", "", ""};

string_view unsigned_type(u8 code) {
  constexpr std::array<string_view, 4> names{"u32", "u16", "u8", "u64"};
  return names[BPF_SIZE(code) >> 3];
}

string_view signed_type(u8 code) {
  constexpr std::array<string_view, 4> names{"s32", "s16", "s8", "s64"};
  return names[BPF_SIZE(code) >> 3];
}

/// "+8", "-8", "+0".
std::string with_sign(s64 number) {
  return cat(number < 0 ? "" : "+", number);
}

/// "(u64 *)(r10 -8)".
std::string place(string_view type, u8 base, s16 off) {
  return cat("(", type, " *)(r", base, " ", with_sign(off), ")");
}

std::string unknown(const bpf_insn& insn) {
  return cat("unknown code=", hex(insn.code), " dst=", u8{insn.dst_reg}, " src=", u8{insn.src_reg},
             " off=", insn.off, " imm=", hex(static_cast<u32>(insn.imm)));
}

std::string byte_order_swap(const bpf_insn& insn) {
  const bool always = BPF_CLASS(insn.code) == BPF_ALU64;
  const bool known_width = insn.imm == 16 || insn.imm == 32 || insn.imm == 64;
  if (!known_width || (always && BPF_SRC(insn.code) != BPF_TO_LE)) {
    return unknown(insn);
  }
  const string_view name = always ? "bswap" : BPF_SRC(insn.code) == BPF_TO_BE ? "be" : "le";
  return cat("r", u8{insn.dst_reg}, " = ", name, insn.imm, " r", u8{insn.dst_reg});
}

std::string print_alu(const bpf_insn& insn) {
  const u8 op = BPF_OP(insn.code);
  const u8 dst = insn.dst_reg;
  const u8 src = insn.src_reg;
  const string_view reg = BPF_CLASS(insn.code) == BPF_ALU64 ? "r" : "w";
  if (op == BPF_END) {
    return byte_order_swap(insn);
  }
  if (op == BPF_NEG) {
    return cat(reg, dst, " = -", reg, dst);
  }
  if (is_addr_space_cast(insn)) {
    const auto spaces = static_cast<u32>(insn.imm);
    return cat("r", dst, " = addr_space_cast(r", src, ", ", spaces >> 16, ", ", spaces & 0xffff, ")");
  }
  const bool extends = is_movsx(insn);
  const bool is_signed = is_signed_division(insn);
  const string_view assign = alu_operators[op >> 4];
  if (assign.empty() || (insn.off != 0 && !extends && !is_signed)) {
    return unknown(insn);
  }
  const std::string left = cat(reg, dst, " ", is_signed ? "s" : "", assign, " ");
  if (BPF_SRC(insn.code) == BPF_K) {
    return cat(left, insn.imm);
  }
  return extends ? cat(left, "(s", insn.off, ")", reg, src) : cat(left, reg, src);
}

string_view fetch_name(s32 op) {
  switch (op) {
    case BPF_ADD | BPF_FETCH: return "fetch_add";
    case BPF_AND | BPF_FETCH: return "fetch_and";
    case BPF_OR | BPF_FETCH: return "fetch_or";
    case BPF_XOR | BPF_FETCH: return "fetch_xor";
    case BPF_XCHG: return "xchg";
    default: return {};
  }
}

std::string print_atomic(const bpf_insn& insn) {
  const u8 dst = insn.dst_reg;
  const u8 src = insn.src_reg;
  const string_view type = unsigned_type(insn.code);
  if (insn.imm == BPF_LOAD_ACQ) {
    return cat("r", dst, " = load_acquire(", place(type, src, insn.off), ")");
  }
  if (insn.imm == BPF_STORE_REL) {
    return cat("store_release(", place(type, dst, insn.off), ", r", src, ")");
  }
  if (width_bytes(insn.code) < 4) {
    return unknown(insn);
  }
  const std::string where = place(type, dst, insn.off);
  const string_view wide = width_bytes(insn.code) == 8 ? "64" : "";
  switch (insn.imm) {
    case BPF_ADD:
    case BPF_AND:
    case BPF_OR:
    case BPF_XOR: return cat("lock *", where, " ", alu_operators[static_cast<u32>(insn.imm) >> 4], " r", src);
    case BPF_CMPXCHG: return cat("r0 = atomic", wide, "_cmpxchg(", where, ", r0, r", src, ")");
    default: break;
  }
  const string_view name = fetch_name(insn.imm);
  return name.empty() ? unknown(insn)
                      : cat("r", src, " = atomic", wide, "_", name, "(", where, ", r", src, ")");
}

std::string print_store(const bpf_insn& insn) {
  if (is_atomic(insn)) {
    return print_atomic(insn);
  }
  if (!is_store(insn)) {
    return unknown(insn);
  }
  const std::string left = cat("*", place(unsigned_type(insn.code), insn.dst_reg, insn.off), " = ");
  return BPF_CLASS(insn.code) == BPF_STX ? cat(left, "r", u8{insn.src_reg}) : cat(left, insn.imm);
}

std::string print_load(const bpf_insn& insn) {
  const bool sign_extends = BPF_MODE(insn.code) == BPF_MEMSX;
  if (!is_load(insn) || (sign_extends && BPF_SIZE(insn.code) == BPF_DW)) {
    return unknown(insn);
  }
  const string_view type = sign_extends ? signed_type(insn.code) : unsigned_type(insn.code);
  return cat("r", u8{insn.dst_reg}, " = *", place(type, insn.src_reg, insn.off));
}

/// What a 64-bit constant refers to, or a plain number's absence of meaning.
bool constant_kind(u8 src, Reference::Kind& kind) {
  switch (src) {
    case BPF_PSEUDO_MAP_FD: kind = Reference::Kind::map_fd; return true;
    case BPF_PSEUDO_MAP_VALUE: kind = Reference::Kind::map_value; return true;
    case BPF_PSEUDO_BTF_ID: kind = Reference::Kind::btf_variable; return true;
    case BPF_PSEUDO_FUNC: kind = Reference::Kind::subprog_addr; return true;
    case BPF_PSEUDO_MAP_IDX: kind = Reference::Kind::map_idx; return true;
    case BPF_PSEUDO_MAP_IDX_VALUE: kind = Reference::Kind::map_idx_value; return true;
    default: return false;
  }
}

std::string default_text(const Reference& ref) {
  const u32 offset = static_cast<u32>(ref.offset);
  const u32 number = static_cast<u32>(ref.imm);
  switch (ref.kind) {
    case Reference::Kind::map_fd: return cat("map[fd:", ref.imm, "]");
    case Reference::Kind::map_value: return cat("map[fd:", ref.imm, "][0]+", offset);
    case Reference::Kind::map_idx: return cat("map[idx:", number, "]");
    case Reference::Kind::map_idx_value: return cat("map[idx:", number, "][0]+", offset);
    case Reference::Kind::btf_variable: return cat("var[btf_id:", number, "]");
    case Reference::Kind::subprog: return cat("pc", with_sign(ref.imm));
    case Reference::Kind::subprog_addr: return cat("subprog[", with_sign(ref.imm), "]");
    case Reference::Kind::kfunc: return cat("kernel_function#", number);
    case Reference::Kind::helper: break;
  }
  const HelperRow* row = find_helper(number);
  return row == nullptr ? cat("unknown#", ref.imm) : cat("bpf_", row->name, "#", ref.imm);
}

std::string text_of(const Reference& ref, const Symboliser& name) {
  std::string text = name ? name(ref) : std::string();
  return text.empty() ? default_text(ref) : text;
}

std::string print_constant(std::span<const bpf_insn> insns, std::size_t index, const Symboliser& name) {
  const bpf_insn& insn = insns[index];
  const std::string left = cat("r", u8{insn.dst_reg}, " = ");
  if (index + 1 >= insns.size()) {
    return cat(left, hex(static_cast<u32>(insn.imm)), " (second half missing)");
  }
  const bpf_insn& second = insns[index + 1];
  Reference ref{.kind = {}, .index = index, .imm = insn.imm, .offset = second.imm};
  return cat(left, constant_kind(insn.src_reg, ref.kind) ? text_of(ref, name) : hex(imm64(insn, second)));
}

std::string print_ld(std::span<const bpf_insn> insns, std::size_t index, const Symboliser& name) {
  const bpf_insn& insn = insns[index];
  if (is_ld_imm64(insn)) {
    return print_constant(insns, index, name);
  }
  const u8 mode = BPF_MODE(insn.code);
  if (mode == BPF_ABS) {
    return cat("r0 = *(", unsigned_type(insn.code), " *)skb[", insn.imm, "]");
  }
  if (mode == BPF_IND) {
    return cat("r0 = *(", unsigned_type(insn.code), " *)skb[r", u8{insn.src_reg}, " + ", insn.imm, "]");
  }
  return unknown(insn);
}

std::string print_call(const bpf_insn& insn, std::size_t index, const Symboliser& name) {
  Reference ref{.kind = Reference::Kind::helper, .index = index, .imm = insn.imm, .offset = insn.off};
  if (is_call_subprog(insn)) {
    ref.kind = Reference::Kind::subprog;
  } else if (is_call_kfunc(insn)) {
    ref.kind = Reference::Kind::kfunc;
  } else if (!is_call_helper(insn)) {
    return unknown(insn);
  }
  return cat("call ", text_of(ref, name));
}

std::string print_jump(const bpf_insn& insn, std::size_t index, const Symboliser& name) {
  if (is_call(insn)) {
    return print_call(insn, index, name);
  }
  if (is_exit(insn)) {
    return "exit";
  }
  if (is_gotox(insn)) {
    return cat("gotox r", u8{insn.dst_reg});
  }
  if (is_gotol(insn)) {
    return cat("gotol pc", with_sign(insn.imm));
  }
  if (is_may_goto(insn)) {
    return cat("may_goto pc", with_sign(insn.off));
  }
  if (is_unconditional_jump(insn)) {
    return cat("goto pc", with_sign(insn.off));
  }
  const string_view compare = jump_operators[BPF_OP(insn.code) >> 4];
  if (compare.empty()) {
    return unknown(insn);
  }
  const string_view reg = BPF_CLASS(insn.code) == BPF_JMP32 ? "w" : "r";
  const std::string right =
      BPF_SRC(insn.code) == BPF_X ? cat(reg, u8{insn.src_reg}) : hex(static_cast<u32>(insn.imm));
  return cat("if ", reg, u8{insn.dst_reg}, " ", compare, " ", right, " goto pc", with_sign(insn.off));
}

}  // namespace

std::string print(std::span<const bpf_insn> insns, std::size_t index, const Symboliser& name) {
  if (index >= insns.size()) {
    return {};
  }
  const bpf_insn& insn = insns[index];
  switch (BPF_CLASS(insn.code)) {
    case BPF_LD: return print_ld(insns, index, name);
    case BPF_LDX: return print_load(insn);
    case BPF_ST:
    case BPF_STX: return print_store(insn);
    case BPF_JMP:
    case BPF_JMP32: return print_jump(insn, index, name);
    default: return print_alu(insn);
  }
}

std::string listing(std::span<const bpf_insn> insns, const Symboliser& name) {
  constexpr string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < insns.size(); i += slots(insns[i])) {
    const std::string number = cat(i);
    const u8 code = insns[i].code;
    text.append(number.size() < 4 ? 4 - number.size() : 0, ' ');
    text.append(number).append(": (").append({digits[code >> 4], digits[code & 15]}).append(") ");
    text.append(print(insns, i, name)).append("\n");
  }
  return text;
}

}  // namespace skep::insn

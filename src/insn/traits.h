// Questions about one instruction: what kind it is, where it goes, how wide it is. All are pure and take any bit pattern.
#pragma once

#include <optional>

#include "skep/uapi/insn.h"

namespace skep::insn {

/// The first half of a 64-bit constant, which takes two instructions.
constexpr bool is_ld_imm64(const bpf_insn& insn) {
  return insn.code == (BPF_LD | BPF_IMM | BPF_DW);
}

/// How many instructions this one takes: 2 for a 64-bit constant, else 1.
constexpr u32 slots(const bpf_insn& insn) {
  return is_ld_imm64(insn) ? 2 : 1;
}

/// The number in a 64-bit constant's two instructions.
constexpr u64 imm64(const bpf_insn& first, const bpf_insn& second) {
  return u64{static_cast<u32>(second.imm)} << 32 | static_cast<u32>(first.imm);
}

/// A call of any kind.
constexpr bool is_call(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_CALL);
}

/// A call of a helper by its number, imm.
constexpr bool is_call_helper(const bpf_insn& insn) {
  return is_call(insn) && insn.src_reg == 0;
}

/// A call of a subprogram, imm instructions after the next.
constexpr bool is_call_subprog(const bpf_insn& insn) {
  return is_call(insn) && insn.src_reg == BPF_PSEUDO_CALL;
}

/// A call of a kernel function by its BTF id, imm.
constexpr bool is_call_kfunc(const bpf_insn& insn) {
  return is_call(insn) && insn.src_reg == BPF_PSEUDO_KFUNC_CALL;
}

/// Leaves the function.
constexpr bool is_exit(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_EXIT);
}

/// A 64-bit constant that names a map, by descriptor or by index into fd_array.
constexpr bool is_map_reference(const bpf_insn& insn) {
  return is_ld_imm64(insn) &&
         (insn.src_reg == BPF_PSEUDO_MAP_FD || insn.src_reg == BPF_PSEUDO_MAP_VALUE ||
          insn.src_reg == BPF_PSEUDO_MAP_IDX || insn.src_reg == BPF_PSEUDO_MAP_IDX_VALUE);
}

/// A 64-bit constant that is a subprogram's address, imm instructions after the next.
constexpr bool is_func_addr(const bpf_insn& insn) {
  return is_ld_imm64(insn) && insn.src_reg == BPF_PSEUDO_FUNC;
}

/// A jump whose condition is the kernel's own budget of loop rounds (since 6.10).
constexpr bool is_may_goto(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_JCOND) && insn.src_reg == BPF_MAY_GOTO;
}

/// An unconditional jump with its distance in imm (v4).
constexpr bool is_gotol(const bpf_insn& insn) {
  return insn.code == (BPF_JMP32 | BPF_JA);
}

/// A jump to the address in dst, taken from an INSN_ARRAY map (since 6.19).
constexpr bool is_gotox(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_JA | BPF_X);
}

/// Of a jump class, neither call nor exit nor gotox: it has a distance.
constexpr bool is_jump(const bpf_insn& insn) {
  const u8 kind = BPF_CLASS(insn.code);
  const u8 op = BPF_OP(insn.code);
  return (kind == BPF_JMP || kind == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT && op <= BPF_JCOND &&
         !is_gotox(insn);
}

/// A jump that is always taken.
constexpr bool is_unconditional_jump(const bpf_insn& insn) {
  return insn.code == (BPF_JMP | BPF_JA) || is_gotol(insn);
}

/// The index that a jump at `index` goes to, or nothing for what is no jump. May lie outside of the program, also below zero.
constexpr std::optional<s64> jump_target(const bpf_insn& insn, s64 index) {
  if (!is_jump(insn)) {
    return std::nullopt;
  }
  return index + 1 + (is_gotol(insn) ? s64{insn.imm} : s64{insn.off});
}

/// The index of the subprogram that an instruction at `index` calls or takes the address of, or nothing. May lie outside of the program.
constexpr std::optional<s64> subprog_target(const bpf_insn& insn, s64 index) {
  if (!is_call_subprog(insn) && !is_func_addr(insn)) {
    return std::nullopt;
  }
  return index + 1 + s64{insn.imm};
}

/// Reads memory at src_reg + off into dst_reg, plain or sign-extending.
constexpr bool is_load(const bpf_insn& insn) {
  return BPF_CLASS(insn.code) == BPF_LDX &&
         (BPF_MODE(insn.code) == BPF_MEM || BPF_MODE(insn.code) == BPF_MEMSX);
}

/// Writes a register or a constant to memory at dst_reg + off.
constexpr bool is_store(const bpf_insn& insn) {
  return (BPF_CLASS(insn.code) == BPF_ST || BPF_CLASS(insn.code) == BPF_STX) &&
         BPF_MODE(insn.code) == BPF_MEM;
}

/// An atomic operation on memory.
constexpr bool is_atomic(const bpf_insn& insn) {
  return BPF_CLASS(insn.code) == BPF_STX && BPF_MODE(insn.code) == BPF_ATOMIC;
}

/// How many bytes of memory a load, store or atomic of this opcode touches.
constexpr u32 width_bytes(u8 code) {
  switch (BPF_SIZE(code)) {
    case BPF_B: return 1;
    case BPF_H: return 2;
    case BPF_W: return 4;
    default: return 8;
  }
}

/// Arithmetic of either width.
constexpr bool is_alu(const bpf_insn& insn) {
  return BPF_CLASS(insn.code) == BPF_ALU || BPF_CLASS(insn.code) == BPF_ALU64;
}

/// A move that sign-extends the low off bits of src_reg (v4).
constexpr bool is_movsx(const bpf_insn& insn) {
  return is_alu(insn) && (insn.code & ~0x07) == (BPF_MOV | BPF_X) &&
         (insn.off == 8 || insn.off == 16 || insn.off == 32);
}

/// A move of a pointer between address spaces (since 6.9).
constexpr bool is_addr_space_cast(const bpf_insn& insn) {
  return insn.code == (BPF_ALU64 | BPF_MOV | BPF_X) && insn.off == BPF_ADDR_SPACE_CAST;
}

/// A signed division or remainder (v4).
constexpr bool is_signed_division(const bpf_insn& insn) {
  return is_alu(insn) && (BPF_OP(insn.code) == BPF_DIV || BPF_OP(insn.code) == BPF_MOD) && insn.off == 1;
}

}  // namespace skep::insn

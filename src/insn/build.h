// Instructions by name: for probes, poisoning and tests.
#pragma once

#include <array>

#include "skep/uapi/helpers.h"
#include "skep/uapi/insn.h"

namespace skep::insn {

/// An instruction from its five fields. `dst` and `src` are cut to 4 bits.
constexpr bpf_insn make(u8 code, u8 dst, u8 src, s16 off, s32 imm) {
  bpf_insn one{};
  one.code = code;
  one.dst_reg = dst & 0x0f;
  one.src_reg = src & 0x0f;
  one.off = off;
  one.imm = imm;
  return one;
}

/// dst op= imm, 64 bits; `op` is BPF_ADD and so on.
constexpr bpf_insn alu64_imm(u8 op, u8 dst, s32 imm) {
  return make(static_cast<u8>(BPF_ALU64 | op | BPF_K), dst, 0, 0, imm);
}
/// dst op= src, 64 bits.
constexpr bpf_insn alu64_reg(u8 op, u8 dst, u8 src) {
  return make(static_cast<u8>(BPF_ALU64 | op | BPF_X), dst, src, 0, 0);
}
/// dst op= imm, 32 bits.
constexpr bpf_insn alu32_imm(u8 op, u8 dst, s32 imm) {
  return make(static_cast<u8>(BPF_ALU | op | BPF_K), dst, 0, 0, imm);
}
/// dst op= src, 32 bits.
constexpr bpf_insn alu32_reg(u8 op, u8 dst, u8 src) {
  return make(static_cast<u8>(BPF_ALU | op | BPF_X), dst, src, 0, 0);
}
/// dst = imm, sign-extended to 64 bits.
constexpr bpf_insn mov64_imm(u8 dst, s32 imm) {
  return alu64_imm(BPF_MOV, dst, imm);
}
/// dst = src.
constexpr bpf_insn mov64_reg(u8 dst, u8 src) {
  return alu64_reg(BPF_MOV, dst, src);
}
/// dst = imm, upper half zero.
constexpr bpf_insn mov32_imm(u8 dst, s32 imm) {
  return alu32_imm(BPF_MOV, dst, imm);
}
/// dst = low half of src, upper half zero.
constexpr bpf_insn mov32_reg(u8 dst, u8 src) {
  return alu32_reg(BPF_MOV, dst, src);
}
/// dst = sign-extended low `bits` (8, 16, 32) of src (v4).
constexpr bpf_insn movsx64_reg(u8 dst, u8 src, s16 bits) {
  return make(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, bits, 0);
}

/// dst = *(size *)(src + off); `size` is BPF_B, BPF_H, BPF_W or BPF_DW.
constexpr bpf_insn ldx_mem(u8 size, u8 dst, u8 src, s16 off) {
  return make(static_cast<u8>(BPF_LDX | BPF_MEM | size), dst, src, off, 0);
}
/// dst = *(signed size *)(src + off) (v4).
constexpr bpf_insn ldx_memsx(u8 size, u8 dst, u8 src, s16 off) {
  return make(static_cast<u8>(BPF_LDX | BPF_MEMSX | size), dst, src, off, 0);
}
/// *(size *)(dst + off) = src.
constexpr bpf_insn stx_mem(u8 size, u8 dst, u8 src, s16 off) {
  return make(static_cast<u8>(BPF_STX | BPF_MEM | size), dst, src, off, 0);
}
/// *(size *)(dst + off) = imm.
constexpr bpf_insn st_mem(u8 size, u8 dst, s16 off, s32 imm) {
  return make(static_cast<u8>(BPF_ST | BPF_MEM | size), dst, 0, off, imm);
}
/// The atomic operation `op` (BPF_ADD, BPF_ADD|BPF_FETCH, BPF_XCHG…) of src on *(size *)(dst + off).
constexpr bpf_insn atomic(u8 size, s32 op, u8 dst, u8 src, s16 off) {
  return make(static_cast<u8>(BPF_STX | BPF_ATOMIC | size), dst, src, off, op);
}

/// The two instructions of dst = value; `src` gives the number a meaning (BPF_PSEUDO_*).
constexpr std::array<bpf_insn, 2> ld_imm64(u8 dst, u64 value, u8 src = 0) {
  return {make(BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, static_cast<s32>(static_cast<u32>(value))),
          make(0, 0, 0, 0, static_cast<s32>(static_cast<u32>(value >> 32)))};
}
/// dst = the map of descriptor `map_fd`.
constexpr std::array<bpf_insn, 2> ld_map_fd(u8 dst, s32 map_fd) {
  return ld_imm64(dst, static_cast<u32>(map_fd), BPF_PSEUDO_MAP_FD);
}
/// dst = the address of byte `offset` in the only value of the map of descriptor `map_fd`.
constexpr std::array<bpf_insn, 2> ld_map_value(u8 dst, s32 map_fd, u32 offset) {
  return ld_imm64(dst, u64{offset} << 32 | static_cast<u32>(map_fd), BPF_PSEUDO_MAP_VALUE);
}

/// Always over the next `off` instructions.
constexpr bpf_insn jump(s16 off) {
  return make(BPF_JMP | BPF_JA, 0, 0, off, 0);
}
/// The same with a 32-bit distance (v4).
constexpr bpf_insn jump_long(s32 distance) {
  return make(BPF_JMP32 | BPF_JA, 0, 0, 0, distance);
}
/// If dst op imm (64 bits) over the next `off` instructions; `op` is BPF_JEQ and so on.
constexpr bpf_insn jump_imm(u8 op, u8 dst, s32 imm, s16 off) {
  return make(static_cast<u8>(BPF_JMP | op | BPF_K), dst, 0, off, imm);
}
/// If dst op src (64 bits) over the next `off` instructions.
constexpr bpf_insn jump_reg(u8 op, u8 dst, u8 src, s16 off) {
  return make(static_cast<u8>(BPF_JMP | op | BPF_X), dst, src, off, 0);
}
/// If dst op imm (32 bits) over the next `off` instructions (v3).
constexpr bpf_insn jump32_imm(u8 op, u8 dst, s32 imm, s16 off) {
  return make(static_cast<u8>(BPF_JMP32 | op | BPF_K), dst, 0, off, imm);
}

/// Calls helper `id`.
constexpr bpf_insn call_helper(u32 id) {
  return make(BPF_JMP | BPF_CALL, 0, 0, 0, static_cast<s32>(id));
}
/// Calls the subprogram `distance` instructions after the next.
constexpr bpf_insn call_subprog(s32 distance) {
  return make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, distance);
}
/// Calls the kernel function with BTF id `btf_id`; `fd_index` is its module's place in fd_array, 0 for vmlinux.
constexpr bpf_insn call_kfunc(s32 btf_id, s16 fd_index = 0) {
  return make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, fd_index, btf_id);
}
/// Leaves the function; r0 is its result.
constexpr bpf_insn exit_insn() {
  return make(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

}  // namespace skep::insn

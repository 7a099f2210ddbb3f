// The encoding of one eBPF instruction: eight bytes, and the numbers that go into them. Names are the kernel's own (linux/bpf.h,
// linux/bpf_common.h, linux/filter.h), so this header and those cannot meet in one translation unit.
//
//   byte 0      byte 1          bytes 2-3   bytes 4-7
//   code        dst_reg:src_reg off         imm
//
// `code` is class (3 low bits) plus, for loads and stores, size (2 bits) and mode (3 bits); for arithmetic and jumps, source (1 bit) and operation
// (4 bits). A 64-bit constant takes two instructions; the second has code 0 and holds the upper half in its imm.
// The operation set is numbered as clang's -mcpu: v1 the original, v2 more jumps, v3 32-bit jumps and arithmetic, v4 (Linux 6.6) sign-extending loads and
// moves, signed division, unconditional byte swap and 32-bit jump offsets.
#pragma once

#include "skep/types.h"

namespace skep {

/// One instruction, as the kernel takes it: host byte order. The compiler puts the first bit-field where the kernel wants it, into the low
/// nibble on little-endian machines and the high nibble on big-endian ones.
struct bpf_insn {
  u8 code;
  u8 dst_reg : 4;
  u8 src_reg : 4;
  s16 off;
  s32 imm;

  friend bool operator==(const bpf_insn&, const bpf_insn&) = default;
};
static_assert(sizeof(bpf_insn) == 8);

// clang-format off: one constant and its comment per line

/// Instructions that the kernel takes without CAP_BPF; with it the limit is a million and counts what the verifier walks.
inline constexpr u32 BPF_MAXINSNS = 4096;
/// The largest program that the kernel accepts from a privileged caller (since 5.2).
inline constexpr u32 BPF_COMPLEXITY_LIMIT_INSNS = 1'000'000;

/// Registers: r0 holds results, r1-r5 arguments, r6-r9 survive calls, r10 is the frame pointer and read-only.
inline constexpr u8 BPF_REG_0 = 0;
inline constexpr u8 BPF_REG_1 = 1;
inline constexpr u8 BPF_REG_2 = 2;
inline constexpr u8 BPF_REG_3 = 3;
inline constexpr u8 BPF_REG_4 = 4;
inline constexpr u8 BPF_REG_5 = 5;
inline constexpr u8 BPF_REG_6 = 6;
inline constexpr u8 BPF_REG_7 = 7;
inline constexpr u8 BPF_REG_8 = 8;
inline constexpr u8 BPF_REG_9 = 9;
inline constexpr u8 BPF_REG_10 = 10;
inline constexpr u8 MAX_BPF_REG = 11;
/// The frame pointer by its other name.
inline constexpr u8 BPF_REG_FP = BPF_REG_10;

/// code & 0x07: the instruction's class.
inline constexpr u8 BPF_LD = 0x00;     ///< 64-bit constants, and the packet loads of classic BPF
inline constexpr u8 BPF_LDX = 0x01;    ///< load from memory into a register
inline constexpr u8 BPF_ST = 0x02;     ///< store a constant
inline constexpr u8 BPF_STX = 0x03;    ///< store a register; atomics
inline constexpr u8 BPF_ALU = 0x04;    ///< 32-bit arithmetic; the upper half of dst becomes zero
inline constexpr u8 BPF_JMP = 0x05;    ///< jumps that compare 64 bits; call and exit
inline constexpr u8 BPF_JMP32 = 0x06;  ///< jumps that compare 32 bits (v3, since 5.1)
inline constexpr u8 BPF_ALU64 = 0x07;  ///< 64-bit arithmetic

/// code & 0x18 of a load or store: how wide.
inline constexpr u8 BPF_W = 0x00;   ///< 4 bytes
inline constexpr u8 BPF_H = 0x08;   ///< 2 bytes
inline constexpr u8 BPF_B = 0x10;   ///< 1 byte
inline constexpr u8 BPF_DW = 0x18;  ///< 8 bytes

/// code & 0xe0 of a load or store: how.
inline constexpr u8 BPF_IMM = 0x00;  ///< with BPF_LD|BPF_DW: a 64-bit constant in two instructions; see BPF_PSEUDO_*
inline constexpr u8 BPF_ABS = 0x20;  ///< packet byte at imm (classic BPF's load, socket filters and tc only)
inline constexpr u8 BPF_IND = 0x40;  ///< packet byte at src + imm (likewise)
inline constexpr u8 BPF_MEM = 0x60;  ///< plain memory at register + off
inline constexpr u8 BPF_MEMSX = 0x80;   ///< memory, sign-extended (v4, since 6.6)
inline constexpr u8 BPF_ATOMIC = 0xc0;  ///< atomic read-modify-write; the operation is in imm
inline constexpr u8 BPF_XADD = 0xc0;    ///< the older name of BPF_ATOMIC, from when adding was all it did

/// code & 0x08 of arithmetic and jumps: where the second operand is.
inline constexpr u8 BPF_K = 0x00;  ///< in imm
inline constexpr u8 BPF_X = 0x08;  ///< in src_reg

/// code & 0xf0 of BPF_ALU and BPF_ALU64.
inline constexpr u8 BPF_ADD = 0x00;
inline constexpr u8 BPF_SUB = 0x10;
inline constexpr u8 BPF_MUL = 0x20;
inline constexpr u8 BPF_DIV = 0x30;  ///< unsigned with off 0, signed with off 1 (v4)
inline constexpr u8 BPF_OR = 0x40;
inline constexpr u8 BPF_AND = 0x50;
inline constexpr u8 BPF_LSH = 0x60;
inline constexpr u8 BPF_RSH = 0x70;
inline constexpr u8 BPF_NEG = 0x80;
inline constexpr u8 BPF_MOD = 0x90;  ///< unsigned with off 0, signed with off 1 (v4)
inline constexpr u8 BPF_XOR = 0xa0;
inline constexpr u8 BPF_MOV = 0xb0;  ///< with off 8, 16 or 32: sign-extending (v4); with off 1: between address spaces (6.9)
inline constexpr u8 BPF_ARSH = 0xc0;  ///< shift right, copying the sign
inline constexpr u8 BPF_END = 0xd0;  ///< byte order: imm is the width in bits; class BPF_ALU64 swaps always (v4)

/// BPF_END's direction, in the place of BPF_K and BPF_X.
inline constexpr u8 BPF_TO_LE = 0x00;
inline constexpr u8 BPF_TO_BE = 0x08;

/// off of a BPF_MOV (64-bit, BPF_X) that moves a pointer between address spaces: imm is destination << 16 | source (since 6.9).
inline constexpr s16 BPF_ADDR_SPACE_CAST = 1;

/// code & 0xf0 of BPF_JMP and BPF_JMP32. The unsigned ones with small names came first; the signed ones begin with S.
inline constexpr u8 BPF_JA = 0x00;  ///< always; distance in off (BPF_JMP) or in imm (BPF_JMP32, v4). With BPF_X (6.19): to the address in dst
inline constexpr u8 BPF_JEQ = 0x10;
inline constexpr u8 BPF_JGT = 0x20;
inline constexpr u8 BPF_JGE = 0x30;
inline constexpr u8 BPF_JSET = 0x40;  ///< when any common bit is set
inline constexpr u8 BPF_JNE = 0x50;
inline constexpr u8 BPF_JSGT = 0x60;
inline constexpr u8 BPF_JSGE = 0x70;
inline constexpr u8 BPF_CALL = 0x80;  ///< helper, subprogram or kernel function, as src_reg says
inline constexpr u8 BPF_EXIT = 0x90;
inline constexpr u8 BPF_JLT = 0xa0;  ///< v2, as the three that follow
inline constexpr u8 BPF_JLE = 0xb0;
inline constexpr u8 BPF_JSLT = 0xc0;
inline constexpr u8 BPF_JSLE = 0xd0;
inline constexpr u8 BPF_JCOND = 0xe0;  ///< conditions that only the verifier knows: src_reg is a bpf_cond_pseudo_jmp (since 6.10)

/// src_reg of BPF_JMP|BPF_JCOND.
enum bpf_cond_pseudo_jmp : u8 {
  BPF_MAY_GOTO = 0,  ///< leaves a loop when the kernel's own budget of rounds is used up
};

/// imm of BPF_STX|BPF_ATOMIC beside BPF_ADD, BPF_OR, BPF_AND and BPF_XOR (since 5.12; plain BPF_ADD is older).
inline constexpr s32 BPF_FETCH = 0x01;        ///< the old value comes back in src
inline constexpr s32 BPF_XCHG = 0xe0 | 0x01;  ///< exchange
inline constexpr s32 BPF_CMPXCHG = 0xf0 | 0x01;  ///< store src when memory equals r0; the old value comes back in r0
inline constexpr s32 BPF_LOAD_ACQ = 0x100;   ///< dst = load-acquire from src + off (since 6.15)
inline constexpr s32 BPF_STORE_REL = 0x110;  ///< store-release of src to dst + off (since 6.15)

/// src_reg of a 64-bit constant: what its imm (and the second instruction's) means to the kernel. 0 is a plain number.
inline constexpr u8 BPF_PSEUDO_MAP_FD = 1;  ///< imm is a map's descriptor; becomes the map's address
inline constexpr u8 BPF_PSEUDO_MAP_VALUE = 2;  ///< imm is a map's descriptor, the second imm an offset into its only value (since 5.2)
inline constexpr u8 BPF_PSEUDO_BTF_ID = 3;  ///< imm is the BTF id of a kernel variable, the second imm its module's BTF descriptor or 0 (since 5.10)
inline constexpr u8 BPF_PSEUDO_FUNC = 4;  ///< imm is the distance in instructions to a subprogram: its address, for callbacks (since 5.13)
inline constexpr u8 BPF_PSEUDO_MAP_IDX = 5;  ///< as BPF_PSEUDO_MAP_FD, but an index into BPF_PROG_LOAD's fd_array (since 5.14)
inline constexpr u8 BPF_PSEUDO_MAP_IDX_VALUE = 6;  ///< as BPF_PSEUDO_MAP_VALUE, but an index into fd_array (since 5.14)

/// src_reg of BPF_CALL: whom imm names. 0 is a helper, by its number (helpers.h).
inline constexpr u8 BPF_PSEUDO_CALL = 1;  ///< imm is the distance in instructions to a subprogram, from the instruction after the call (since 4.16)
inline constexpr u8 BPF_PSEUDO_KFUNC_CALL = 2;  ///< imm is the BTF id of a kernel function, off an index into fd_array for a module's, or 0 (since 5.13)

// clang-format on

/// The class of an opcode.
constexpr u8 BPF_CLASS(u8 code) {
  return code & 0x07;
}
/// The width field of a load's or store's opcode.
constexpr u8 BPF_SIZE(u8 code) {
  return code & 0x18;
}
/// The mode field of a load's or store's opcode.
constexpr u8 BPF_MODE(u8 code) {
  return code & 0xe0;
}
/// The operation field of an arithmetic or jump opcode.
constexpr u8 BPF_OP(u8 code) {
  return code & 0xf0;
}
/// The operand field (BPF_K or BPF_X) of an arithmetic or jump opcode.
constexpr u8 BPF_SRC(u8 code) {
  return code & 0x08;
}

}  // namespace skep

#include "insn/print.h"

#include <gtest/gtest.h>

#include <array>

#include "base/text.h"
#include "insn/build.h"
#include "insn/traits.h"

namespace skep::insn {
namespace {

struct Row {
  bpf_insn insn;
  std::string_view text;
};

// clang-format off: one row per line
const auto rows = std::to_array<Row>({
    {alu64_imm(BPF_ADD, 1, -7), "r1 += -7"},
    {alu64_reg(BPF_ADD, 1, 10), "r1 += r10"},
    {alu32_imm(BPF_ADD, 9, 7), "w9 += 7"},
    {alu32_reg(BPF_ADD, 0, 2), "w0 += w2"},
    {alu64_imm(BPF_SUB, 1, -7), "r1 -= -7"},
    {alu64_reg(BPF_SUB, 1, 10), "r1 -= r10"},
    {alu32_imm(BPF_SUB, 9, 7), "w9 -= 7"},
    {alu32_reg(BPF_SUB, 0, 2), "w0 -= w2"},
    {alu64_imm(BPF_MUL, 1, -7), "r1 *= -7"},
    {alu64_reg(BPF_MUL, 1, 10), "r1 *= r10"},
    {alu32_imm(BPF_MUL, 9, 7), "w9 *= 7"},
    {alu32_reg(BPF_MUL, 0, 2), "w0 *= w2"},
    {alu64_imm(BPF_DIV, 1, -7), "r1 /= -7"},
    {alu64_reg(BPF_DIV, 1, 10), "r1 /= r10"},
    {alu32_imm(BPF_DIV, 9, 7), "w9 /= 7"},
    {alu32_reg(BPF_DIV, 0, 2), "w0 /= w2"},
    {alu64_imm(BPF_OR, 1, -7), "r1 |= -7"},
    {alu64_reg(BPF_OR, 1, 10), "r1 |= r10"},
    {alu32_imm(BPF_OR, 9, 7), "w9 |= 7"},
    {alu32_reg(BPF_OR, 0, 2), "w0 |= w2"},
    {alu64_imm(BPF_AND, 1, -7), "r1 &= -7"},
    {alu64_reg(BPF_AND, 1, 10), "r1 &= r10"},
    {alu32_imm(BPF_AND, 9, 7), "w9 &= 7"},
    {alu32_reg(BPF_AND, 0, 2), "w0 &= w2"},
    {alu64_imm(BPF_LSH, 1, -7), "r1 <<= -7"},
    {alu64_reg(BPF_LSH, 1, 10), "r1 <<= r10"},
    {alu32_imm(BPF_LSH, 9, 7), "w9 <<= 7"},
    {alu32_reg(BPF_LSH, 0, 2), "w0 <<= w2"},
    {alu64_imm(BPF_RSH, 1, -7), "r1 >>= -7"},
    {alu64_reg(BPF_RSH, 1, 10), "r1 >>= r10"},
    {alu32_imm(BPF_RSH, 9, 7), "w9 >>= 7"},
    {alu32_reg(BPF_RSH, 0, 2), "w0 >>= w2"},
    {alu64_imm(BPF_MOD, 1, -7), "r1 %= -7"},
    {alu64_reg(BPF_MOD, 1, 10), "r1 %= r10"},
    {alu32_imm(BPF_MOD, 9, 7), "w9 %= 7"},
    {alu32_reg(BPF_MOD, 0, 2), "w0 %= w2"},
    {alu64_imm(BPF_XOR, 1, -7), "r1 ^= -7"},
    {alu64_reg(BPF_XOR, 1, 10), "r1 ^= r10"},
    {alu32_imm(BPF_XOR, 9, 7), "w9 ^= 7"},
    {alu32_reg(BPF_XOR, 0, 2), "w0 ^= w2"},
    {alu64_imm(BPF_MOV, 1, -7), "r1 = -7"},
    {alu64_reg(BPF_MOV, 1, 10), "r1 = r10"},
    {alu32_imm(BPF_MOV, 9, 7), "w9 = 7"},
    {alu32_reg(BPF_MOV, 0, 2), "w0 = w2"},
    {alu64_imm(BPF_ARSH, 1, -7), "r1 s>>= -7"},
    {alu64_reg(BPF_ARSH, 1, 10), "r1 s>>= r10"},
    {alu32_imm(BPF_ARSH, 9, 7), "w9 s>>= 7"},
    {alu32_reg(BPF_ARSH, 0, 2), "w0 s>>= w2"},
    {make(BPF_ALU64 | BPF_NEG, 3, 0, 0, 0), "r3 = -r3"},
    {make(BPF_ALU | BPF_NEG, 3, 0, 0, 0), "w3 = -w3"},
    {make(BPF_ALU64 | BPF_DIV | BPF_K, 1, 0, 1, 5), "r1 s/= 5"},
    {make(BPF_ALU64 | BPF_DIV | BPF_X, 1, 2, 1, 0), "r1 s/= r2"},
    {make(BPF_ALU | BPF_DIV | BPF_K, 1, 0, 1, -5), "w1 s/= -5"},
    {make(BPF_ALU | BPF_DIV | BPF_X, 1, 2, 1, 0), "w1 s/= w2"},
    {make(BPF_ALU64 | BPF_MOD | BPF_K, 1, 0, 1, 5), "r1 s%= 5"},
    {make(BPF_ALU64 | BPF_MOD | BPF_X, 1, 2, 1, 0), "r1 s%= r2"},
    {make(BPF_ALU | BPF_MOD | BPF_K, 1, 0, 1, -5), "w1 s%= -5"},
    {make(BPF_ALU | BPF_MOD | BPF_X, 1, 2, 1, 0), "w1 s%= w2"},
    {movsx64_reg(1, 2, 8), "r1 = (s8)r2"},
    {movsx64_reg(1, 2, 16), "r1 = (s16)r2"},
    {movsx64_reg(1, 2, 32), "r1 = (s32)r2"},
    {make(BPF_ALU | BPF_MOV | BPF_X, 1, 2, 8, 0), "w1 = (s8)w2"},
    {make(BPF_ALU | BPF_MOV | BPF_X, 1, 2, 16, 0), "w1 = (s16)w2"},
    {make(BPF_ALU | BPF_END | BPF_TO_LE, 4, 0, 0, 16), "r4 = le16 r4"},
    {make(BPF_ALU | BPF_END | BPF_TO_BE, 4, 0, 0, 16), "r4 = be16 r4"},
    {make(BPF_ALU64 | BPF_END | BPF_TO_LE, 4, 0, 0, 16), "r4 = bswap16 r4"},
    {make(BPF_ALU | BPF_END | BPF_TO_LE, 4, 0, 0, 32), "r4 = le32 r4"},
    {make(BPF_ALU | BPF_END | BPF_TO_BE, 4, 0, 0, 32), "r4 = be32 r4"},
    {make(BPF_ALU64 | BPF_END | BPF_TO_LE, 4, 0, 0, 32), "r4 = bswap32 r4"},
    {make(BPF_ALU | BPF_END | BPF_TO_LE, 4, 0, 0, 64), "r4 = le64 r4"},
    {make(BPF_ALU | BPF_END | BPF_TO_BE, 4, 0, 0, 64), "r4 = be64 r4"},
    {make(BPF_ALU64 | BPF_END | BPF_TO_LE, 4, 0, 0, 64), "r4 = bswap64 r4"},
    {make(BPF_ALU64 | BPF_MOV | BPF_X, 1, 2, BPF_ADDR_SPACE_CAST, 1), "r1 = addr_space_cast(r2, 0, 1)"},
    {make(BPF_ALU64 | BPF_MOV | BPF_X, 1, 2, BPF_ADDR_SPACE_CAST, 1 << 16), "r1 = addr_space_cast(r2, 1, 0)"},
    {ldx_mem(BPF_B, 1, 2, 8), "r1 = *(u8 *)(r2 +8)"},
    {stx_mem(BPF_B, 10, 3, -16), "*(u8 *)(r10 -16) = r3"},
    {st_mem(BPF_B, 10, 0, -1), "*(u8 *)(r10 +0) = -1"},
    {ldx_mem(BPF_H, 1, 2, 8), "r1 = *(u16 *)(r2 +8)"},
    {stx_mem(BPF_H, 10, 3, -16), "*(u16 *)(r10 -16) = r3"},
    {st_mem(BPF_H, 10, 0, -1), "*(u16 *)(r10 +0) = -1"},
    {ldx_mem(BPF_W, 1, 2, 8), "r1 = *(u32 *)(r2 +8)"},
    {stx_mem(BPF_W, 10, 3, -16), "*(u32 *)(r10 -16) = r3"},
    {st_mem(BPF_W, 10, 0, -1), "*(u32 *)(r10 +0) = -1"},
    {ldx_mem(BPF_DW, 1, 2, 8), "r1 = *(u64 *)(r2 +8)"},
    {stx_mem(BPF_DW, 10, 3, -16), "*(u64 *)(r10 -16) = r3"},
    {st_mem(BPF_DW, 10, 0, -1), "*(u64 *)(r10 +0) = -1"},
    {ldx_memsx(BPF_B, 1, 2, 0), "r1 = *(s8 *)(r2 +0)"},
    {ldx_memsx(BPF_H, 1, 2, 0), "r1 = *(s16 *)(r2 +0)"},
    {ldx_memsx(BPF_W, 1, 2, 0), "r1 = *(s32 *)(r2 +0)"},
    {make(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0, 14), "r0 = *(u8 *)skb[14]"},
    {make(BPF_LD | BPF_IND | BPF_B, 0, 7, 0, 2), "r0 = *(u8 *)skb[r7 + 2]"},
    {make(BPF_LD | BPF_ABS | BPF_H, 0, 0, 0, 14), "r0 = *(u16 *)skb[14]"},
    {make(BPF_LD | BPF_IND | BPF_H, 0, 7, 0, 2), "r0 = *(u16 *)skb[r7 + 2]"},
    {make(BPF_LD | BPF_ABS | BPF_W, 0, 0, 0, 14), "r0 = *(u32 *)skb[14]"},
    {make(BPF_LD | BPF_IND | BPF_W, 0, 7, 0, 2), "r0 = *(u32 *)skb[r7 + 2]"},
    {atomic(BPF_W, BPF_ADD, 10, 1, -8), "lock *(u32 *)(r10 -8) += r1"},
    {atomic(BPF_W, BPF_ADD | BPF_FETCH, 10, 1, -8), "r1 = atomic_fetch_add((u32 *)(r10 -8), r1)"},
    {atomic(BPF_W, BPF_OR, 10, 1, -8), "lock *(u32 *)(r10 -8) |= r1"},
    {atomic(BPF_W, BPF_OR | BPF_FETCH, 10, 1, -8), "r1 = atomic_fetch_or((u32 *)(r10 -8), r1)"},
    {atomic(BPF_W, BPF_AND, 10, 1, -8), "lock *(u32 *)(r10 -8) &= r1"},
    {atomic(BPF_W, BPF_AND | BPF_FETCH, 10, 1, -8), "r1 = atomic_fetch_and((u32 *)(r10 -8), r1)"},
    {atomic(BPF_W, BPF_XOR, 10, 1, -8), "lock *(u32 *)(r10 -8) ^= r1"},
    {atomic(BPF_W, BPF_XOR | BPF_FETCH, 10, 1, -8), "r1 = atomic_fetch_xor((u32 *)(r10 -8), r1)"},
    {atomic(BPF_W, BPF_XCHG, 10, 1, -8), "r1 = atomic_xchg((u32 *)(r10 -8), r1)"},
    {atomic(BPF_W, BPF_CMPXCHG, 10, 1, -8), "r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r1)"},
    {atomic(BPF_DW, BPF_ADD, 10, 1, -8), "lock *(u64 *)(r10 -8) += r1"},
    {atomic(BPF_DW, BPF_ADD | BPF_FETCH, 10, 1, -8), "r1 = atomic64_fetch_add((u64 *)(r10 -8), r1)"},
    {atomic(BPF_DW, BPF_OR, 10, 1, -8), "lock *(u64 *)(r10 -8) |= r1"},
    {atomic(BPF_DW, BPF_OR | BPF_FETCH, 10, 1, -8), "r1 = atomic64_fetch_or((u64 *)(r10 -8), r1)"},
    {atomic(BPF_DW, BPF_AND, 10, 1, -8), "lock *(u64 *)(r10 -8) &= r1"},
    {atomic(BPF_DW, BPF_AND | BPF_FETCH, 10, 1, -8), "r1 = atomic64_fetch_and((u64 *)(r10 -8), r1)"},
    {atomic(BPF_DW, BPF_XOR, 10, 1, -8), "lock *(u64 *)(r10 -8) ^= r1"},
    {atomic(BPF_DW, BPF_XOR | BPF_FETCH, 10, 1, -8), "r1 = atomic64_fetch_xor((u64 *)(r10 -8), r1)"},
    {atomic(BPF_DW, BPF_XCHG, 10, 1, -8), "r1 = atomic64_xchg((u64 *)(r10 -8), r1)"},
    {atomic(BPF_DW, BPF_CMPXCHG, 10, 1, -8), "r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r1)"},
    {atomic(BPF_B, BPF_LOAD_ACQ, 1, 2, 4), "r1 = load_acquire((u8 *)(r2 +4))"},
    {atomic(BPF_B, BPF_STORE_REL, 1, 2, 4), "store_release((u8 *)(r1 +4), r2)"},
    {atomic(BPF_H, BPF_LOAD_ACQ, 1, 2, 4), "r1 = load_acquire((u16 *)(r2 +4))"},
    {atomic(BPF_H, BPF_STORE_REL, 1, 2, 4), "store_release((u16 *)(r1 +4), r2)"},
    {atomic(BPF_W, BPF_LOAD_ACQ, 1, 2, 4), "r1 = load_acquire((u32 *)(r2 +4))"},
    {atomic(BPF_W, BPF_STORE_REL, 1, 2, 4), "store_release((u32 *)(r1 +4), r2)"},
    {atomic(BPF_DW, BPF_LOAD_ACQ, 1, 2, 4), "r1 = load_acquire((u64 *)(r2 +4))"},
    {atomic(BPF_DW, BPF_STORE_REL, 1, 2, 4), "store_release((u64 *)(r1 +4), r2)"},
    {jump_imm(BPF_JEQ, 0, 0x7f, 3), "if r0 == 0x7f goto pc+3"},
    {jump_reg(BPF_JEQ, 1, 2, -3), "if r1 == r2 goto pc-3"},
    {jump32_imm(BPF_JEQ, 0, -1, 0), "if w0 == 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JEQ | BPF_X, 1, 2, 9, 0), "if w1 == w2 goto pc+9"},
    {jump_imm(BPF_JGT, 0, 0x7f, 3), "if r0 > 0x7f goto pc+3"},
    {jump_reg(BPF_JGT, 1, 2, -3), "if r1 > r2 goto pc-3"},
    {jump32_imm(BPF_JGT, 0, -1, 0), "if w0 > 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JGT | BPF_X, 1, 2, 9, 0), "if w1 > w2 goto pc+9"},
    {jump_imm(BPF_JGE, 0, 0x7f, 3), "if r0 >= 0x7f goto pc+3"},
    {jump_reg(BPF_JGE, 1, 2, -3), "if r1 >= r2 goto pc-3"},
    {jump32_imm(BPF_JGE, 0, -1, 0), "if w0 >= 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JGE | BPF_X, 1, 2, 9, 0), "if w1 >= w2 goto pc+9"},
    {jump_imm(BPF_JSET, 0, 0x7f, 3), "if r0 & 0x7f goto pc+3"},
    {jump_reg(BPF_JSET, 1, 2, -3), "if r1 & r2 goto pc-3"},
    {jump32_imm(BPF_JSET, 0, -1, 0), "if w0 & 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JSET | BPF_X, 1, 2, 9, 0), "if w1 & w2 goto pc+9"},
    {jump_imm(BPF_JNE, 0, 0x7f, 3), "if r0 != 0x7f goto pc+3"},
    {jump_reg(BPF_JNE, 1, 2, -3), "if r1 != r2 goto pc-3"},
    {jump32_imm(BPF_JNE, 0, -1, 0), "if w0 != 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JNE | BPF_X, 1, 2, 9, 0), "if w1 != w2 goto pc+9"},
    {jump_imm(BPF_JSGT, 0, 0x7f, 3), "if r0 s> 0x7f goto pc+3"},
    {jump_reg(BPF_JSGT, 1, 2, -3), "if r1 s> r2 goto pc-3"},
    {jump32_imm(BPF_JSGT, 0, -1, 0), "if w0 s> 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JSGT | BPF_X, 1, 2, 9, 0), "if w1 s> w2 goto pc+9"},
    {jump_imm(BPF_JSGE, 0, 0x7f, 3), "if r0 s>= 0x7f goto pc+3"},
    {jump_reg(BPF_JSGE, 1, 2, -3), "if r1 s>= r2 goto pc-3"},
    {jump32_imm(BPF_JSGE, 0, -1, 0), "if w0 s>= 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JSGE | BPF_X, 1, 2, 9, 0), "if w1 s>= w2 goto pc+9"},
    {jump_imm(BPF_JLT, 0, 0x7f, 3), "if r0 < 0x7f goto pc+3"},
    {jump_reg(BPF_JLT, 1, 2, -3), "if r1 < r2 goto pc-3"},
    {jump32_imm(BPF_JLT, 0, -1, 0), "if w0 < 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JLT | BPF_X, 1, 2, 9, 0), "if w1 < w2 goto pc+9"},
    {jump_imm(BPF_JLE, 0, 0x7f, 3), "if r0 <= 0x7f goto pc+3"},
    {jump_reg(BPF_JLE, 1, 2, -3), "if r1 <= r2 goto pc-3"},
    {jump32_imm(BPF_JLE, 0, -1, 0), "if w0 <= 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JLE | BPF_X, 1, 2, 9, 0), "if w1 <= w2 goto pc+9"},
    {jump_imm(BPF_JSLT, 0, 0x7f, 3), "if r0 s< 0x7f goto pc+3"},
    {jump_reg(BPF_JSLT, 1, 2, -3), "if r1 s< r2 goto pc-3"},
    {jump32_imm(BPF_JSLT, 0, -1, 0), "if w0 s< 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JSLT | BPF_X, 1, 2, 9, 0), "if w1 s< w2 goto pc+9"},
    {jump_imm(BPF_JSLE, 0, 0x7f, 3), "if r0 s<= 0x7f goto pc+3"},
    {jump_reg(BPF_JSLE, 1, 2, -3), "if r1 s<= r2 goto pc-3"},
    {jump32_imm(BPF_JSLE, 0, -1, 0), "if w0 s<= 0xffffffff goto pc+0"},
    {make(BPF_JMP32 | BPF_JSLE | BPF_X, 1, 2, 9, 0), "if w1 s<= w2 goto pc+9"},
    {jump(-1), "goto pc-1"},
    {jump_long(70000), "gotol pc+70000"},
    {make(BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, 4, 0), "may_goto pc+4"},
    {make(BPF_JMP | BPF_JA | BPF_X, 3, 0, 0, 0), "gotox r3"},
    {exit_insn(), "exit"},
    {call_helper(1), "call bpf_map_lookup_elem#1"},
    {call_helper(181), "call bpf_loop#181"},
    {call_helper(9999), "call unknown#9999"},
    {call_subprog(5), "call pc+5"},
    {call_subprog(-5), "call pc-5"},
    {call_kfunc(77), "call kernel_function#77"},
    {make(BPF_ALU64 | 0xe0, 0, 0, 0, 0), "unknown code=0xe7 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_ALU | 0xf0, 0, 0, 0, 0), "unknown code=0xf4 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_JMP | 0xf0, 0, 0, 0, 0), "unknown code=0xf5 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_JMP32 | BPF_CALL, 0, 0, 0, 0), "unknown code=0x86 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_JMP32 | BPF_EXIT, 0, 0, 0, 0), "unknown code=0x96 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_LDX | BPF_MEMSX | BPF_DW, 0, 0, 0, 0), "unknown code=0x99 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_ST | BPF_ATOMIC, 0, 0, 0, 0), "unknown code=0xc2 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_STX | 0xe0, 0, 0, 0, 0), "unknown code=0xe3 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_LD | BPF_W, 0, 0, 0, 0), "unknown code=0x0 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_LDX | BPF_IMM, 0, 0, 0, 0), "unknown code=0x1 dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_ALU64 | BPF_END | BPF_TO_BE, 0, 0, 0, 0), "unknown code=0xdf dst=0 src=0 off=0 imm=0x0"},
    {make(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 1, 2), "unknown code=0x7 dst=1 src=0 off=1 imm=0x2"},
    {make(BPF_ALU | BPF_END, 1, 0, 0, 8), "unknown code=0xd4 dst=1 src=0 off=0 imm=0x8"},
    {make(BPF_JMP | BPF_CALL, 0, 3, 0, 1), "unknown code=0x85 dst=0 src=3 off=0 imm=0x1"},
    {make(BPF_JMP | BPF_JCOND, 0, 1, 0, 0), "unknown code=0xe5 dst=0 src=1 off=0 imm=0x0"},
    {atomic(BPF_W, 0x33, 1, 2, 0), "unknown code=0xc3 dst=1 src=2 off=0 imm=0x33"},
    {atomic(BPF_B, BPF_ADD, 1, 2, 0), "unknown code=0xd3 dst=1 src=2 off=0 imm=0x0"},
});
// clang-format on

TEST(Print, EachInstructionReadsAsTheKernelWritesIt) {
  for (const Row& row : rows) {
    EXPECT_EQ(print(std::span(&row.insn, 1), 0), row.text);
  }
}

TEST(Print, ConstantsShowWhatTheyReferTo) {
  struct Case {
    std::array<bpf_insn, 2> pair;
    std::string_view text;
  };
  const auto cases = std::to_array<Case>({
      {ld_imm64(1, 0), "r1 = 0x0"},
      {ld_imm64(1, 0xfedcba9876543210), "r1 = 0xfedcba9876543210"},
      {ld_map_fd(1, 5), "r1 = map[fd:5]"},
      {ld_map_value(1, 5, 8), "r1 = map[fd:5][0]+8"},
      {ld_imm64(1, 3, BPF_PSEUDO_MAP_IDX), "r1 = map[idx:3]"},
      {ld_imm64(1, u64{16} << 32 | 3, BPF_PSEUDO_MAP_IDX_VALUE), "r1 = map[idx:3][0]+16"},
      {ld_imm64(1, 99, BPF_PSEUDO_BTF_ID), "r1 = var[btf_id:99]"},
      {ld_imm64(1, 12, BPF_PSEUDO_FUNC), "r1 = subprog[+12]"},
      {ld_imm64(1, 12, 9), "r1 = 0xc"},
  });
  for (const Case& one : cases) {
    EXPECT_EQ(print(one.pair, 0), one.text);
  }
  EXPECT_EQ(print(std::span(cases[1].pair).first(1), 0), "r1 = 0x76543210 (second half missing)");
}

TEST(Print, ASymboliserNamesWhatItKnows) {
  const Symboliser name = [](const Reference& ref) -> std::string {
    switch (ref.kind) {
      case Reference::Kind::map_value: return cat("map[hits][0]+", ref.offset);
      case Reference::Kind::subprog: return cat("pc_of_", ref.index);
      case Reference::Kind::kfunc: return cat("bpf_task_acquire#", ref.imm);
      default: return {};
    }
  };
  const auto value = ld_map_value(2, 5, 24);
  const auto map = ld_map_fd(2, 5);
  const std::array<bpf_insn, 7> insns{value[0], value[1], call_subprog(1), call_kfunc(7),
                                      map[0],   map[1],   call_helper(6)};
  EXPECT_EQ(print(insns, 0, name), "r2 = map[hits][0]+24");
  EXPECT_EQ(print(insns, 2, name), "call pc_of_2");
  EXPECT_EQ(print(insns, 3, name), "call bpf_task_acquire#7");
  EXPECT_EQ(print(insns, 4, name), "r2 = map[fd:5]");
  EXPECT_EQ(print(insns, 6, name), "call bpf_trace_printk#6");
}

TEST(Print, AListingNumbersSlotsAndSkipsSecondHalves) {
  const auto map = ld_map_fd(1, 5);
  const std::array<bpf_insn, 4> insns{mov64_imm(0, 0), map[0], map[1], exit_insn()};
  EXPECT_EQ(listing(insns), "   0: (b7) r0 = 0\n   1: (18) r1 = map[fd:5]\n   3: (95) exit\n");
}

TEST(Print, EveryOpcodePrintsSomething) {
  for (unsigned code = 0; code < 256; ++code) {
    const bpf_insn one = make(static_cast<u8>(code), 15, 15, -1, -1);
    EXPECT_FALSE(print(std::span(&one, 1), 0).empty()) << code;
  }
}

}  // namespace
}  // namespace skep::insn

#include "insn/traits.h"

#include <gtest/gtest.h>

#include <vector>

#include "insn/build.h"

namespace skep::insn {
namespace {

TEST(Traits, EachCallHasExactlyOneKind) {
  const bpf_insn helper = call_helper(1);
  const bpf_insn subprog = call_subprog(-3);
  const bpf_insn kfunc = call_kfunc(4711, 2);
  EXPECT_TRUE(is_call_helper(helper) && !is_call_subprog(helper) && !is_call_kfunc(helper));
  EXPECT_TRUE(!is_call_helper(subprog) && is_call_subprog(subprog) && !is_call_kfunc(subprog));
  EXPECT_TRUE(!is_call_helper(kfunc) && !is_call_subprog(kfunc) && is_call_kfunc(kfunc));
  EXPECT_FALSE(is_call(exit_insn()));
}

TEST(Traits, JumpTargetsCountFromTheNextInstruction) {
  EXPECT_EQ(jump_target(jump(3), 10), 14);
  EXPECT_EQ(jump_target(jump(-32768), 0), -32767);
  EXPECT_EQ(jump_target(jump_long(-100000), 100000), 1);
  EXPECT_EQ(jump_target(jump_long(2147483647), 2147483647), 4294967295);
  EXPECT_EQ(jump_target(jump_imm(BPF_JSGT, 1, 5, 7), 0), 8);
  EXPECT_EQ(jump_target(jump32_imm(BPF_JEQ, 1, 5, -1), 3), 3);
  EXPECT_EQ(jump_target(make(BPF_JMP | BPF_JCOND, 0, BPF_MAY_GOTO, 2, 0), 1), 4);
}

TEST(Traits, WhatIsNoJumpHasNoTarget) {
  const std::vector<bpf_insn> others{exit_insn(),
                                     call_helper(1),
                                     call_subprog(2),
                                     mov64_imm(0, 0),
                                     make(BPF_JMP | BPF_JA | BPF_X, 1, 0, 0, 0),
                                     make(0xf5, 0, 0, 1, 0)};
  for (const bpf_insn& insn : others) {
    EXPECT_FALSE(jump_target(insn, 0)) << int{insn.code};
  }
}

TEST(Traits, SubprogramsAreReachedByCallAndByAddress) {
  EXPECT_EQ(subprog_target(call_subprog(-3), 10), 8);
  const auto address = ld_imm64(1, 20, BPF_PSEUDO_FUNC);
  EXPECT_TRUE(is_func_addr(address[0]));
  EXPECT_EQ(subprog_target(address[0], 4), 25);
  EXPECT_FALSE(subprog_target(ld_map_fd(1, 3)[0], 4));
}

TEST(Traits, ConstantsTakeTwoSlotsAndKeepAll64Bits) {
  for (const u64 value : {u64{0}, u64{1}, u64{0xffffffff}, u64{0x80000000}, u64{0xfedcba9876543210}}) {
    const auto pair = ld_imm64(2, value);
    EXPECT_EQ(slots(pair[0]), 2u);
    EXPECT_EQ(imm64(pair[0], pair[1]), value);
  }
  EXPECT_EQ(slots(mov64_imm(1, 1)), 1u);
}

TEST(Traits, MapReferencesAreTheFourPseudoRegisters) {
  for (u8 src = 0; src < 16; ++src) {
    const bool is_map = src == 1 || src == 2 || src == 5 || src == 6;
    EXPECT_EQ(is_map_reference(ld_imm64(1, 0, src)[0]), is_map) << int{src};
  }
}

TEST(Traits, WidthsAreInBytes) {
  EXPECT_EQ(width_bytes(ldx_mem(BPF_B, 1, 2, 0).code), 1u);
  EXPECT_EQ(width_bytes(ldx_mem(BPF_H, 1, 2, 0).code), 2u);
  EXPECT_EQ(width_bytes(ldx_mem(BPF_W, 1, 2, 0).code), 4u);
  EXPECT_EQ(width_bytes(ldx_mem(BPF_DW, 1, 2, 0).code), 8u);
}

}  // namespace
}  // namespace skep::insn

// Which instructions the verifier walks: constants decide branches, and everything else leaves both ways open.
#include "needs/reach.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "load/spec_builder.h"

namespace skep::needs {
namespace {

using load::call_helper;
using load::leave;
using load::mov_imm;
using load::wide;
using load::wide_end;

constexpr bpf_insn make(int code, int dst, int src, int off, int imm) {
  return {.code = static_cast<u8>(code),
          .dst_reg = static_cast<u8>(dst & 0xf),
          .src_reg = static_cast<u8>(src & 0xf),
          .off = static_cast<s16>(off),
          .imm = imm};
}
constexpr bpf_insn jump_if_equal(int dst, int imm, int off) {
  return make(BPF_JMP | BPF_JEQ | BPF_K, dst, 0, off, imm);
}
constexpr bpf_insn call_at(int distance) {
  return make(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, distance);
}

constexpr Routine entry_only[] = {{.first_insn = 0}};

/// "11011": a digit for each instruction, 1 where it is reached.
std::string walk(const std::vector<bpf_insn>& insns, std::span<const Routine> routines = entry_only,
                 std::span<const Address> addresses = {}) {
  std::string text;
  for (const bool is_reached : reached({.insns = insns, .addresses = addresses, .routines = routines})) {
    text += is_reached ? '1' : '0';
  }
  return text;
}

TEST(Reach, AConstantDecidesABranch) {
  EXPECT_EQ(walk({mov_imm(1, 0), jump_if_equal(1, 0, 1), call_helper(1), leave()}), "1101");
  EXPECT_EQ(walk({mov_imm(1, 1), jump_if_equal(1, 0, 1), call_helper(1), leave()}), "1111");
}

TEST(Reach, WhatIsNotKnownLeavesBothWaysOpen) {
  EXPECT_EQ(walk({call_helper(7), jump_if_equal(0, 0, 1), call_helper(1), leave()}), "1111");
}

TEST(Reach, ArithmeticOnConstantsIsConstant) {
  const std::vector<bpf_insn> code = {mov_imm(1, 6),
                                      make(BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, 3),
                                      make(BPF_ALU | BPF_LSH | BPF_K, 1, 0, 0, 2),
                                      jump_if_equal(1, 8, 1),
                                      call_helper(1),
                                      leave()};
  EXPECT_EQ(walk(code), "111101");
}

TEST(Reach, ReadOnlyDataIsConstant) {
  std::array<std::byte, 8> memory{};
  const bpf_insn load = make(BPF_LDX | BPF_MEM | BPF_W, 1, 1, 4, 0);
  const std::vector<bpf_insn> code = {wide(1),        wide_end(), load, jump_if_equal(1, 0, 1),
                                      call_helper(1), leave()};
  const Address known[] = {{.insn = 0, .bytes = memory, .offset = 0}};
  EXPECT_EQ(walk(code, entry_only, known), "111101");
  const Address beyond[] = {{.insn = 0, .bytes = memory, .offset = 4}};
  EXPECT_EQ(walk(code, entry_only, beyond), "111111") << "a load outside of the memory knows nothing";
  const Address writable[] = {{.insn = 0, .bytes = {}, .offset = 0}};
  EXPECT_EQ(walk(code, entry_only, writable), "111111");
}

TEST(Reach, AnAddressIsNotNull) {
  const std::vector<bpf_insn> code = {wide(1), wide_end(),     jump_if_equal(1, 0, 1),
                                      leave(), call_helper(1), leave()};
  const Address present[] = {{.insn = 0, .bytes = {}, .offset = 0}};
  EXPECT_EQ(walk(code, entry_only, present), "111100");
  EXPECT_EQ(walk(code), "111011") << "and a weak symbol that is absent is null";
}

TEST(Reach, AConstantSurvivesTheStackUntilACalleeGetsAPointerIntoIt) {
  const bpf_insn store = make(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0);
  const bpf_insn load = make(BPF_LDX | BPF_MEM | BPF_DW, 6, 10, -8, 0);
  const bpf_insn pass = make(BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
  EXPECT_EQ(walk({store, call_helper(7), load, jump_if_equal(6, 0, 1), call_helper(1), leave()}), "111101");
  EXPECT_EQ(walk({store, pass, call_helper(7), load, jump_if_equal(6, 0, 1), call_helper(1), leave()}),
            "1111111");
}

TEST(Reach, AStoreThroughAPointerThatIsNoLongerFollowedMayChangeTheStack) {
  const bpf_insn zero = make(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -16, 0);
  const bpf_insn load = make(BPF_LDX | BPF_MEM | BPF_DW, 6, 10, -16, 0);
  const bpf_insn frame = make(BPF_ALU64 | BPF_MOV | BPF_X, 1, 10, 0, 0);
  const bpf_insn lower = make(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, -8);
  const bpf_insn set = make(BPF_ST | BPF_MEM | BPF_DW, 1, 0, 0, 1);
  const bpf_insn add_unknown = make(BPF_ALU64 | BPF_ADD | BPF_X, 1, 0, 0, 0);
  EXPECT_EQ(
      walk({zero, call_helper(7), frame, lower, set, load, jump_if_equal(6, 0, 1), call_helper(1), leave()}),
      "111111101")
      << "a pointer that is followed";
  EXPECT_EQ(walk({zero, call_helper(7), frame, add_unknown, set, load, jump_if_equal(6, 0, 1), call_helper(1),
                  leave()}),
            "111111111")
      << "an index that is not known";
  EXPECT_EQ(walk({zero, call_helper(7), frame, lower, jump_if_equal(0, 0, 1), lower, set, load,
                  jump_if_equal(6, 0, 1), call_helper(1), leave()}),
            "11111111111")
      << "one of two variables";
}

TEST(Reach, TwoConstantsThatMeetAreNone) {
  const std::vector<bpf_insn> code = {call_helper(7), mov_imm(1, 0),          jump_if_equal(0, 0, 1),
                                      mov_imm(1, 1),  jump_if_equal(1, 0, 1), call_helper(1),
                                      leave()};
  EXPECT_EQ(walk(code), "1111111");
}

TEST(Reach, WhereEqualityHoldsTheValueIsKnown) {
  const std::vector<bpf_insn> code = {call_helper(7),         jump_if_equal(0, 5, 1), leave(),
                                      jump_if_equal(0, 5, 1), call_helper(1),         leave()};
  EXPECT_EQ(walk(code), "111101");
}

TEST(Reach, AStaticFunctionGivesBackItsConstant) {
  const std::vector<bpf_insn> code = {call_at(4), jump_if_equal(0, 0, 1), call_helper(1), leave(),
                                      leave(),    mov_imm(0, 0),          leave()};
  const Routine is_static[] = {{.first_insn = 0}, {.first_insn = 5}};
  EXPECT_EQ(walk(code, is_static), "1101011");
  const Routine is_global[] = {{.first_insn = 0}, {.first_insn = 5, .is_global = true}};
  EXPECT_EQ(walk(code, is_global), "1111011") << "a global function is verified by itself";
}

TEST(Reach, AStaticFunctionSeesItsCallersConstants) {
  const std::vector<bpf_insn> code = {mov_imm(1, 0),          call_at(1),     leave(),
                                      jump_if_equal(1, 0, 1), call_helper(1), leave()};
  const Routine is_static[] = {{.first_insn = 0}, {.first_insn = 3}};
  EXPECT_EQ(walk(code, is_static), "111101");
  const Routine is_global[] = {{.first_insn = 0}, {.first_insn = 3, .is_global = true}};
  EXPECT_EQ(walk(code, is_global), "111111");
}

TEST(Reach, AFunctionThatIsNotCalledIsWalkedOnlyByOldKernelsAndOnlyWhenGlobal) {
  const std::vector<bpf_insn> code = {mov_imm(1, 0), jump_if_equal(1, 0, 1), call_at(1),
                                      leave(),       mov_imm(0, 0),          leave()};
  const Routine routines[] = {{.first_insn = 0}, {.first_insn = 4, .is_global = true}};
  const auto old_kernel = reached({.insns = code, .routines = routines, .verifies_uncalled_globals = true});
  EXPECT_TRUE(old_kernel[4]);
  EXPECT_FALSE(reached({.insns = code, .routines = routines})[4]);
}

TEST(Reach, ACallbackIsWalkedWhereItsAddressIsTaken) {
  const std::vector<bpf_insn> code = {make(BPF_LD | BPF_DW | BPF_IMM, 2, BPF_PSEUDO_FUNC, 0, 3),
                                      wide_end(),
                                      call_helper(181),
                                      leave(),
                                      jump_if_equal(1, 0, 1),
                                      leave(),
                                      leave()};
  const Routine routines[] = {{.first_insn = 0}, {.first_insn = 4}};
  EXPECT_EQ(walk(code, routines), "1111111");
}

TEST(Reach, LoopsEnd) {
  const std::vector<bpf_insn> code = {mov_imm(1, 0), make(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 1),
                                      make(BPF_JMP | BPF_JLT | BPF_K, 1, 0, -2, 1000), leave()};
  EXPECT_EQ(walk(code), "1111");
}

TEST(Reach, NoCodeCrashesIt) {
  std::mt19937 random(7);
  for (u32 round = 0; round < 20'000; ++round) {
    std::vector<bpf_insn> code(1 + random() % 24);
    for (bpf_insn& insn : code) {
      const u32 bits = static_cast<u32>(random());
      insn = make(static_cast<int>(bits & 0xff), static_cast<int>(bits >> 8 & 15),
                  static_cast<int>(bits >> 12 & 15), static_cast<int>(bits >> 16 & 31) - 16,
                  static_cast<int>(random() % 64) - 16);
    }
    const Routine routines[] = {
        {.first_insn = 0},
        {.first_insn = static_cast<u32>(random() % code.size()), .is_global = (round & 1) != 0}};
    ASSERT_EQ(walk(code, routines).size(), code.size());
  }
  EXPECT_EQ(walk({}), "");
}

}  // namespace
}  // namespace skep::needs

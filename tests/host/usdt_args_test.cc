#include "host/usdt_args.h"

#include <elf.h>
#include <gtest/gtest.h>

namespace skep::host {
namespace {

struct Case {
  u16 machine;
  const char* text;
  const char* meaning;
};

class Argument : public testing::TestWithParam<Case> {};

TEST_P(Argument, IsUnderstood) {
  const auto arguments = parse_usdt_arguments(GetParam().machine, GetParam().text);
  ASSERT_EQ(arguments.size(), 1U) << GetParam().text;
  EXPECT_EQ(describe(arguments[0]), GetParam().meaning) << GetParam().text;
}

// Operands as gcc and clang write them for <sys/sdt.h>, by machine.
INSTANTIATE_TEST_SUITE_P(
    X86, Argument,
    testing::Values(
        Case{EM_X86_64, "-4@%esi", "s32 in esi"}, Case{EM_X86_64, "8@%rdi", "u64 in rdi"},
        Case{EM_X86_64, "1@%al", "u8 in al"}, Case{EM_X86_64, "1@%ah", "u8 in ah"},
        Case{EM_X86_64, "4@%r8d", "u32 in r8d"}, Case{EM_X86_64, "2@%r15w", "u16 in r15w"},
        Case{EM_X86_64, "-1@%r10b", "s8 in r10b"}, Case{EM_X86_64, "-4@$5", "s32 5"},
        Case{EM_X86_64, "-4@$-9", "s32 -9"}, Case{EM_X86_64, "8@$0x10", "u64 16"},
        Case{EM_X86_64, "8@$18446744073709551615", "u64 -1"}, Case{EM_X86_64, "8@-24(%rbp)", "u64 at rbp-24"},
        Case{EM_X86_64, "-4@(%rsp)", "s32 at rsp"}, Case{EM_X86_64, "8@(%rax,%rdx)", "u64 at rax+rdx"},
        Case{EM_X86_64, "8@-16(%rax,%rdx,8)", "u64 at rax+rdx*8-16"},
        Case{EM_X86_64, "4@8(,%rcx,4)", "u32 at rcx*4+8"},
        Case{EM_X86_64, "4@counter(%rip)", "u32 at counter+rip"},
        Case{EM_X86_64, "4@counter+12(%rip)", "u32 at counter+rip+12"}, Case{EM_X86_64, "%rbx", "u64 in rbx"},
        Case{EM_X86_64, "8f@-8(%rbp)", "f64 at rbp-8"}, Case{EM_386, "4@%ebx", "u32 in ebx"},
        Case{EM_386, "-4@8(%esp)", "s32 at esp+8"}, Case{EM_386, "-2@$7", "s16 7"}));
INSTANTIATE_TEST_SUITE_P(
    Arm, Argument,
    testing::Values(Case{EM_AARCH64, "-4@x0", "s32 in x0"}, Case{EM_AARCH64, "4@w19", "u32 in w19"},
                    Case{EM_AARCH64, "8@sp", "u64 in sp"}, Case{EM_AARCH64, "-4@[sp, 12]", "s32 at sp+12"},
                    Case{EM_AARCH64, "8@[x29, #-16]", "u64 at x29-16"},
                    Case{EM_AARCH64, "8@[x2]", "u64 at x2"}, Case{EM_AARCH64, "8@[x0, x1]", "u64 at x0+x1"},
                    Case{EM_AARCH64, "8@[x0, x1, lsl 3]", "u64 at x0+x1*8"},
                    Case{EM_AARCH64, "8@[x0,x1,lsl #2]", "u64 at x0+x1*4"}, Case{EM_AARCH64, "-4@5", "s32 5"},
                    Case{EM_AARCH64, "-4@#-5", "s32 -5"}, Case{EM_ARM, "4@r3", "u32 in r3"},
                    Case{EM_ARM, "4@[fp, #-8]", "u32 at fp-8"},
                    Case{EM_ARM, "-4@[r1, r2, lsl #2]", "s32 at r1+r2*4"}, Case{EM_ARM, "4@#12", "u32 12"},
                    Case{EM_ARM, "4@ip", "u32 in ip"}));
INSTANTIATE_TEST_SUITE_P(
    Others, Argument,
    testing::Values(Case{EM_RISCV, "-4@a0", "s32 in a0"}, Case{EM_RISCV, "8@-20(s0)", "u64 at s0-20"},
                    Case{EM_RISCV, "8@0(sp)", "u64 at sp"}, Case{EM_RISCV, "-4@7", "s32 7"},
                    Case{EM_RISCV, "8@x10", "u64 in x10"}, Case{EM_S390, "-4@%r2", "s32 in r2"},
                    Case{EM_S390, "8@160(%r15)", "u64 at r15+160"},
                    Case{EM_S390, "8@160(%r1,%r15)", "u64 at r1+r15+160"}, Case{EM_S390, "-4@9", "s32 9"},
                    Case{EM_PPC64, "-4@9", "s32 in r9"}, Case{EM_PPC64, "-4@%r9", "s32 in r9"},
                    Case{EM_PPC64, "-4@i5", "s32 5"}, Case{EM_PPC64, "8@40(1)", "u64 at r1+40"},
                    Case{EM_PPC64, "8@-8(%r31)", "u64 at r31-8"}, Case{EM_PPC64, "4@9,10", "u32 at r9+r10"}));
INSTANTIATE_TEST_SUITE_P(
    NotReadable, Argument,
    testing::Values(Case{EM_X86_64, "8f@%xmm0", "f64 not readable (8f@%xmm0)"},
                    Case{EM_X86_64, "16@%rax", "u64 not readable (16@%rax)"},
                    Case{EM_X86_64, "8@%fs:16", "u64 not readable (8@%fs:16)"},
                    Case{EM_X86_64, "8@4096", "u64 not readable (8@4096)"},
                    Case{EM_X86_64, "8@(%rax,%rdx,3)", "u64 not readable (8@(%rax,%rdx,3))"},
                    Case{EM_X86_64, "8@%r7", "u64 not readable (8@%r7)"},
                    Case{EM_X86_64, "8@", "u64 not readable (8@)"},
                    Case{EM_X86_64, "8@(%rax", "u64 not readable (8@(%rax)"},
                    Case{EM_X86_64, "8@$99999999999999999999", "u64 not readable (8@$99999999999999999999)"},
                    Case{EM_AARCH64, "8@[x0, w1, sxtw 3]", "u64 not readable (8@[x0, w1, sxtw 3])"},
                    Case{EM_AARCH64, "4@s0", "u32 not readable (4@s0)"},
                    Case{EM_RISCV, "8@x0", "u64 not readable (8@x0)"}, Case{EM_MIPS, "4@$4", "u32 4"}));

TEST(Arguments, AreSplitOutsideOfBrackets) {
  const auto arguments = parse_usdt_arguments(EM_AARCH64, " 8@x0 -4@[sp, 12]  8@[x1, x2, lsl 3] 4@5 ");
  ASSERT_EQ(arguments.size(), 4U);
  EXPECT_EQ(describe(arguments[1]), "s32 at sp+12");
  EXPECT_EQ(describe(arguments[3]), "u32 5");
  EXPECT_TRUE(parse_usdt_arguments(EM_X86_64, "").empty());
}

TEST(Arguments, OneThatIsNotUnderstoodLeavesTheOthers) {
  const auto arguments = parse_usdt_arguments(EM_X86_64, "8@%rdi 8f@%xmm1 4@%esi");
  ASSERT_EQ(arguments.size(), 3U);
  EXPECT_EQ(arguments[1].place, UsdtPlace::unknown);
  EXPECT_EQ(arguments[2].place, UsdtPlace::reg);
}

TEST(Registers, AreWhereTheKernelPutsThem) {
  struct Row {
    u16 machine;
    const char* name;
    u16 offset;
  };
  for (const Row& row : {Row{EM_X86_64, "r15", 0},   Row{EM_X86_64, "r8d", 72},  Row{EM_X86_64, "rax", 80},
                         Row{EM_X86_64, "rdi", 112}, Row{EM_X86_64, "rip", 128}, Row{EM_X86_64, "rsp", 152},
                         Row{EM_X86_64, "dh", 97},   Row{EM_AARCH64, "x0", 0},   Row{EM_AARCH64, "x30", 240},
                         Row{EM_AARCH64, "sp", 248}, Row{EM_ARM, "r0", 0},       Row{EM_ARM, "lr", 112},
                         Row{EM_RISCV, "ra", 8},     Row{EM_RISCV, "a0", 80},    Row{EM_RISCV, "t6", 248},
                         Row{EM_RISCV, "x10", 80},   Row{EM_S390, "r0", 24},     Row{EM_S390, "r15", 144},
                         Row{EM_PPC64, "r3", 24},    Row{EM_PPC64, "ctr", 280}}) {
    EXPECT_EQ(register_offset(row.machine, row.name), row.offset) << row.name;
  }
  for (const char* const name : {"", "r", "r16", "r7", "rxx", "xmm0", "r8q"}) {
    EXPECT_EQ(register_offset(EM_X86_64, name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace skep::host

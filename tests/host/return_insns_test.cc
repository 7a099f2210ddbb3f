#include "host/return_insns.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <charconv>

#include <vector>

namespace skep::host {
namespace {

std::vector<std::byte> bytes_of_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (const std::string_view pair : split(text, ' ')) {
    u8 value = 0;
    std::from_chars(pair.data(), pair.data() + pair.size(), value, 16);
    bytes.push_back(std::byte{value});
  }
  return bytes;
}

TEST(X86Insn, LengthsAreThoseOfTheManual) {
  struct Case {
    const char* name;
    const char* bytes;
  };
  for (const Case& one : {
           Case{"ret", "c3"},
           Case{"ret 8", "c2 08 00"},
           Case{"push rbp", "55"},
           Case{"push r15", "41 57"},
           Case{"mov rbp, rsp", "48 89 e5"},
           Case{"sub rsp, 0x10", "48 83 ec 10"},
           Case{"sub rsp, imm32", "48 81 ec 00 01 00 00"},
           Case{"mov eax, imm32", "b8 01 00 00 00"},
           Case{"mov ax, imm16", "66 b8 01 00"},
           Case{"movabs rax, imm64", "48 b8 01 02 03 04 05 06 07 08"},
           Case{"call rel32", "e8 00 00 00 00"},
           Case{"jmp rel8", "eb 10"},
           Case{"jz rel32", "0f 84 00 00 00 00"},
           Case{"lea rax, [rip+disp32]", "48 8d 05 00 00 00 00"},
           Case{"mov rax, [rsp+8]", "48 8b 44 24 08"},
           Case{"mov rax, [rsp]", "48 8b 04 24"},
           Case{"mov eax, [disp32]", "8b 04 25 00 00 00 00"},
           Case{"mov rax, [rbp+rcx*4-8]", "48 8b 44 8d f8"},
           Case{"mov rax, [rbx+disp32]", "48 8b 83 00 01 00 00"},
           Case{"mov qword [rsp+8], imm32", "48 c7 44 24 08 00 00 00 00"},
           Case{"mov word [rax], imm16", "66 c7 00 01 00"},
           Case{"test al, imm8", "a8 01"},
           Case{"test cl, imm8", "f6 c1 01"},
           Case{"not ecx", "f7 d1"},
           Case{"test ecx, imm32", "f7 c1 01 00 00 00"},
           Case{"test cx, imm16", "66 f7 c1 01 00"},
           Case{"movabs al, [addr]", "a0 01 02 03 04 05 06 07 08"},
           Case{"imul eax, ecx, imm32", "69 c1 00 01 00 00"},
           Case{"nopw cs:[rax+rax]", "66 2e 0f 1f 84 00 00 00 00 00"},
           Case{"endbr64", "f3 0f 1e fa"},
           Case{"syscall", "0f 05"},
           Case{"cpuid", "0f a2"},
           Case{"bswap eax", "0f c8"},
           Case{"movdqu xmm0, [rsi]", "f3 0f 6f 06"},
           Case{"pshufd", "66 0f 70 c0 4e"},
           Case{"pshufb", "66 0f 38 00 c1"},
           Case{"palignr", "66 0f 3a 0f c1 08"},
           Case{"crc32", "f2 48 0f 38 f1 c1"},
           Case{"lock cmpxchg", "f0 48 0f b1 0e"},
           Case{"vzeroupper", "c5 f8 77"},
           Case{"vmovdqu ymm0, [rsi]", "c5 fe 6f 06"},
           Case{"vpshufd", "c5 f9 70 c0 4e"},
           Case{"vpbroadcastb", "c4 e2 7d 78 c0"},
           Case{"vpalignr", "c4 e3 75 0f c2 08"},
           Case{"bextr", "c4 e2 70 f7 c2"},
           Case{"vmovdqu64 zmm16, [rsi]", "62 e1 fe 48 6f 06"},
           Case{"vpternlogd", "62 f3 7d 48 25 c0 ff"},
           Case{"vpcmpeqb k0, [rdi+disp8]", "62 f1 7d 40 74 47 01"},
           Case{"fld qword [rsp]", "dd 04 24"},
           Case{"enter", "c8 10 00 00"},
           Case{"ud2", "0f 0b"},
           Case{"int3", "cc"},
           Case{"rep ret", "f3 c3"},
       }) {
    std::vector<std::byte> code = bytes_of_hex(one.bytes);
    EXPECT_EQ(x86_insn_bytes(ByteView(code, std::endian::little)), code.size()) << one.name;
    const auto whole = code.size();
    code.resize(whole + 16);
    EXPECT_EQ(x86_insn_bytes(ByteView(code, std::endian::little)), whole)
        << one.name << ", with others behind it";
    code.resize(whole - 1);
    EXPECT_NE(x86_insn_bytes(ByteView(code, std::endian::little)), whole) << one.name << ", cut off";
  }
}

TEST(X86Insn, WhatIsNoneHasNoLength) {
  for (const char* const bytes :
       {"06", "60", "82 c0 01", "9a 00 00 00 00", "ce", "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90",
        "0f 04", "62 00 00 00 00 00", ""}) {
    const std::vector<std::byte> code = bytes_of_hex(bytes);
    EXPECT_EQ(x86_insn_bytes(ByteView(code, std::endian::little)), 0U) << bytes;
  }
}

TEST(Returns, AreFoundOnX86AndNotWithinOtherInstructions) {
  // mov eax, 0xc3c3c3c3; ret; rep ret; ret 8; int3
  const std::vector<std::byte> code = bytes_of_hex("b8 c3 c3 c3 c3 c3 f3 c3 c2 08 00 cc");
  const auto found = find_returns(EM_X86_64, ByteView(code, std::endian::little));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, (std::vector<u64>{5, 6, 8}));
}

TEST(Returns, NothingIsSaidBehindAnUnknownInstruction) {
  const std::vector<std::byte> code = bytes_of_hex("90 06 c3");
  const auto found = find_returns(EM_X86_64, ByteView(code, std::endian::little));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Errc::unsupported);
}

TEST(Returns, AreFoundOnArm64) {
  // mov x0, #0; ret; ret x1; retaa; br x30
  const std::vector<std::byte> code =
      bytes_of_hex("00 00 80 d2 c0 03 5f d6 20 00 5f d6 ff 0b 5f d6 c0 03 1f d6");
  const auto found = find_returns(EM_AARCH64, ByteView(code, std::endian::little));
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<u64>{4, 8, 12}));
}

TEST(Returns, OtherMachinesAreRefused) {
  const auto found = find_returns(EM_S390, ByteView());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), Errc::unsupported);
}

}  // namespace
}  // namespace skep::host

#include "insn/decode.h"

#include <gtest/gtest.h>

#include "insn/build.h"
#include "insn/print.h"

namespace skep::insn {
namespace {

const std::vector<bpf_insn> sample{
    mov64_imm(3, -2),
    ldx_mem(BPF_W, 1, 10, -300),
    ld_imm64(7, 0x1122334455667788)[0],
    ld_imm64(7, 0x1122334455667788)[1],
    exit_insn(),
};

TEST(Decode, BothByteOrdersGiveTheSameInstructions) {
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const std::vector<std::byte> bytes = encode(sample, order);
    const auto decoded = decode(ByteView(bytes, order));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, sample);
  }
}

TEST(Decode, LayoutOfEachByteOrderIsWhatCompilersWrite) {
  const bpf_insn one = make(0x61, 1, 10, 0x0102, 0x03040506);
  const auto bytes_in = [&](std::endian order) {
    std::string text;
    for (const std::byte byte : encode(std::span(&one, 1), order)) {
      text += hex(std::to_integer<u8>(byte)) + " ";
    }
    return text;
  };
  EXPECT_EQ(bytes_in(std::endian::little), "0x61 0xa1 0x2 0x1 0x6 0x5 0x4 0x3 ");
  EXPECT_EQ(bytes_in(std::endian::big), "0x61 0x1a 0x1 0x2 0x3 0x4 0x5 0x6 ");
}

TEST(Decode, HostFormIsTheKernelsOwnLayout) {
  const std::vector<std::byte> bytes = encode(sample, std::endian::native);
  ASSERT_EQ(bytes.size(), sample.size() * sizeof(bpf_insn));
  EXPECT_EQ(std::memcmp(bytes.data(), sample.data(), bytes.size()), 0);
}

TEST(Decode, EveryPrefixOfBytesIsWholeInstructionsOrTruncated) {
  const std::vector<std::byte> bytes = encode(sample, std::endian::little);
  for (std::size_t kept = 0; kept <= bytes.size(); ++kept) {
    const auto decoded = decode(ByteView(std::span(bytes).first(kept), std::endian::little));
    ASSERT_EQ(decoded.has_value(), kept % 8 == 0) << kept;
    if (decoded) {
      EXPECT_EQ(decoded->size(), kept / 8);
    } else {
      EXPECT_EQ(decoded.error().code(), Errc::truncated);
    }
  }
}

TEST(Decode, TheErrorSaysHowMuchIsLeftOver) {
  const std::array<std::byte, 21> bytes{};
  const auto decoded = decode(ByteView(bytes, std::endian::little));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().message(),
            "want whole instructions of 8 bytes, have 21 bytes: 5 after instruction 2");
}

TEST(Decode, EveryFlippedByteIsPrintedAndWrittenBackUnchanged) {
  const std::vector<std::byte> whole = encode(sample, std::endian::big);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      std::vector<std::byte> bytes = whole;
      bytes[at] = static_cast<std::byte>(value);
      const auto decoded = decode(ByteView(bytes, std::endian::big));
      ASSERT_TRUE(decoded);
      EXPECT_EQ(encode(*decoded, std::endian::big), bytes);
      for (std::size_t i = 0; i < decoded->size(); ++i) {
        EXPECT_FALSE(print(*decoded, i).empty());
      }
    }
  }
}

TEST(CheckPairs, FindsALostSecondHalf) {
  EXPECT_TRUE(check_pairs(sample));
  const auto cut = check_pairs(std::span(sample).first(3));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), Errc::malformed);
  EXPECT_EQ(cut.error().message(),
            "instruction 2: want the second half of a 64-bit constant, have the program's end");

  std::vector<bpf_insn> wrong = sample;
  wrong[3].code = BPF_EXIT | BPF_JMP;
  const auto refused = check_pairs(wrong);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message().starts_with("instruction 3: want the second half"));
}

}  // namespace
}  // namespace skep::insn

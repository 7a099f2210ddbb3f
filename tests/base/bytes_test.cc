#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace skep {
namespace {

constexpr std::array<std::byte, 8> sample{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                          std::byte{5}, std::byte{6}, std::byte{7}, std::byte{0}};

TEST(ByteView, ReadsBothByteOrders) {
  EXPECT_EQ(ByteView(sample, std::endian::little).read<u32>(0).value(), 0x04030201u);
  EXPECT_EQ(ByteView(sample, std::endian::big).read<u32>(0).value(), 0x01020304u);
}

TEST(ByteView, RefusesOffsetsThatWouldWrap) {
  const ByteView view(sample, std::endian::little);
  const auto wrapped = view.slice(std::numeric_limits<u64>::max(), 2);
  ASSERT_FALSE(wrapped);
  EXPECT_EQ(wrapped.error().code(), Errc::truncated);
  EXPECT_FALSE(view.slice(1, std::numeric_limits<u64>::max()));
  EXPECT_FALSE(view.slice(9, 0));
  EXPECT_TRUE(view.slice(8, 0));
}

TEST(ByteView, SaysWhatItWantedWhereAndWhatItHad) {
  const auto cut = ByteView(sample, std::endian::little).record<8>(4);
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().message(), "want 8 bytes at offset 4, have 8");
}

TEST(ByteView, AStringNeedsItsNul) {
  const ByteView view(sample, std::endian::little);
  EXPECT_EQ(view.c_string(5).value(), "\x06\x07");
  EXPECT_FALSE(view.slice(0, 7)->c_string(0));
  EXPECT_FALSE(view.c_string(8));
}

}  // namespace
}  // namespace skep

// Damaged objects: every prefix, and every byte flipped. What comes out is an error or a spec, never a crash; the sanitizers judge the rest.
#include <gtest/gtest.h>

#include "object/fixture.h"

namespace skep {
namespace {

class Hostile : public testing::TestWithParam<const char*> {};

TEST_P(Hostile, EveryPrefixIsAnErrorThatNamesTheObject) {
  const auto whole = fixture_bytes(GetParam());
  for (std::size_t kept = 0; kept < whole.size(); ++kept) {
    const auto spec = ObjectSpec::read(std::span(whole).first(kept), "cut");
    ASSERT_FALSE(spec) << "accepted " << kept << " of " << whole.size() << " bytes";
    ASSERT_TRUE(spec.error().message().starts_with("cut: ")) << spec.error().message();
  }
  EXPECT_TRUE(ObjectSpec::read(whole, "cut"));
}

TEST_P(Hostile, EveryFlippedByteIsAnErrorOrASpec) {
  auto bytes = fixture_bytes(GetParam());
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const std::byte mask : {std::byte{0xff}, std::byte{0x01}, std::byte{0x80}}) {
      bytes[i] ^= mask;
      const auto spec = ObjectSpec::read(bytes, "flipped");
      accepted += spec.has_value() ? 1 : 0;
      if (!spec) {
        ASSERT_GT(spec.error().message().size(), std::string_view("flipped: ").size());
      }
      bytes[i] ^= mask;
    }
  }
  EXPECT_LT(accepted, bytes.size() * 3) << "no damage was noticed at all";
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Hostile,
                         testing::Values("basic.o", "nested.o", "legacy.o", "iproute2.o", "extern.o",
                                         "basic.eb.o"));

}  // namespace
}  // namespace skep

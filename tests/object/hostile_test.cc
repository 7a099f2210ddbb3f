// Damaged objects: every prefix, and every byte flipped. What comes out is an error or a spec, never a crash; the sanitizers judge the rest.
#include <gtest/gtest.h>

#include "elf/writer.h"
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

/// BTF of `static int late` at offset 32 of a section .data of 64 bytes.
std::vector<std::byte> btf_of_late() {
  constexpr std::string_view strings("\0int\0late\0.data", 16);
  const std::vector<u32> words = {
      0x0001eb9f, 24,
      0,          56,
      56,         16,  // the header: 56 bytes of types, then 16 of strings
      1,          1u << 24,
      4,          32,  // 1: INT of 32 bits
      5,          14u << 24,
      1,          0,  // 2: VAR, static
      10,         15u << 24 | 1,
      64,         2,
      32,         4,  // 3: DATASEC of one variable
  };
  const auto head = std::as_bytes(std::span(words));
  const auto tail = std::as_bytes(std::span(strings));
  std::vector<std::byte> bytes(head.begin(), head.end());
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  return bytes;
}

TEST(HostileSections, AVariableMustFitTheSectionThatIsReadNotItsNamesake) {
  for (const std::size_t bytes : {std::size_t{4}, std::size_t{64}}) {
    elf::Writer writer(std::endian::native);
    writer.add_section({.name = ".data", .type = SHT_NOBITS, .size = 64});
    writer.add_section({.name = ".data", .bytes = std::vector<std::byte>(bytes)});
    writer.add_section({.name = ".BTF", .bytes = btf_of_late()});
    writer.add_symbol({.name = "late", .value = 32, .size = 4, .type = STT_OBJECT, .section = 2});
    auto spec = ObjectSpec::read(writer.build(), "twice");
    if (bytes == 64) {
      ASSERT_TRUE(spec) << spec.error().message();
      EXPECT_TRUE(spec->set("late", 7));
    } else {
      ASSERT_FALSE(spec);
      EXPECT_EQ(spec.error().message(),
                "twice: section .data: variable 'late' takes 4 bytes at offset 32, the section has 4");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Hostile,
                         testing::Values("basic.o", "nested.o", "legacy.o", "iproute2.o", "extern.o",
                                         "basic.eb.o"));

}  // namespace
}  // namespace skep

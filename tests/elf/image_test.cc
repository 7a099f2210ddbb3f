#include "elf/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elf/image_builder.h"
#include "elf/name_index.h"
#include "elf/symbol_table.h"

namespace skep::elf {
namespace {

struct Kind {
  bool is_64;
  std::endian order;
};

class EveryKind : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Image, EveryKind,
                         testing::Values(Kind{true, std::endian::little}, Kind{true, std::endian::big},
                                         Kind{false, std::endian::little}, Kind{false, std::endian::big}));

std::vector<std::byte> small(const Kind& kind) {
  ImageBuilder builder(kind.is_64, kind.order);
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(64));
  builder.add_symbols(".symtab", SHT_SYMTAB,
                      {{"alpha", 0x10080, 8},
                       {"beta", 0x10090, 4, STT_FUNC, STB_LOCAL},
                       {"beta", 0x100a0, 4, STT_FUNC, STB_WEAK},
                       {"gone", 0, 0, STT_FUNC, STB_GLOBAL, 0},
                       {"memory@@V2", 0x100a8, 4}});
  return builder.build();
}

TEST_P(EveryKind, HeadersAndSymbolsAreRead) {
  const auto bytes = small(GetParam());
  const auto image = Image::parse(bytes);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->is_64(), GetParam().is_64);
  ASSERT_EQ(image->segments().size(), 1U);
  EXPECT_EQ(image->file_offset(ImageBuilder::load_address + 0x80), 0x80U);
  EXPECT_EQ(image->file_offset(ImageBuilder::load_address - 1), std::nullopt);
  EXPECT_EQ(image->file_offset(ImageBuilder::load_address + bytes.size()), std::nullopt);
  const auto table = SymbolTable::of_section(*image, *image->find_section(".symtab"));
  ASSERT_TRUE(table) << table.error().message();
  EXPECT_EQ(table->size(), 6U);
  const auto alpha = table->find("alpha");
  ASSERT_EQ(alpha.size(), 1U);
  EXPECT_EQ(alpha[0].value, 0x10080U);
  EXPECT_EQ(alpha[0].size, 8U);
  EXPECT_EQ(table->find("beta").size(), 2U);
  EXPECT_TRUE(table->find("bet").empty());
  EXPECT_TRUE(table->find("lpha").empty()) << "the end of a name is no name";
  EXPECT_EQ(table->find_prefix("memory@").size(), 1U);
  EXPECT_EQ(table->find_containing("b", "eta").size(), 2U);
  EXPECT_TRUE(table->find_containing("a", "eta").empty()) << "part of the next name";
}

TEST_P(EveryKind, TheIndexFindsWhatThePassFinds) {
  const auto bytes = small(GetParam());
  const auto image = Image::parse(bytes);
  const auto table = SymbolTable::of_section(*image, *image->find_section(".symtab"));
  const NameIndex index(*table);
  EXPECT_EQ(index.find(*table, "alpha").size(), 1U);
  EXPECT_EQ(index.find(*table, "beta").size(), 2U);
  EXPECT_EQ(index.find(*table, "memory").size(), 1U) << "with its version";
  EXPECT_TRUE(index.find(*table, "gone").empty()) << "only named here, not defined";
  EXPECT_TRUE(index.find(*table, "gamma").empty());
}

void read_all(std::span<const std::byte> bytes) {
  const auto image = Image::parse(bytes);
  if (!image) {
    EXPECT_FALSE(image.error().message().empty());
    return;
  }
  (void)build_id(*image);
  for (const ImageSection& section : image->sections()) {
    const auto table = SymbolTable::of_section(*image, section);
    for (u32 i = 0; table && i < table->size(); ++i) {
      (void)table->name_of(table->at(i));
    }
    (void)(table ? table->find("alpha") : std::vector<TableSymbol>());
  }
  const auto dynamic = SymbolTable::dynamic(*image);
  (void)(dynamic ? dynamic->find("alpha") : std::vector<TableSymbol>());
}

TEST_P(EveryKind, EveryTruncationIsAnErrorOrAValue) {
  const auto bytes = small(GetParam());
  for (std::size_t kept = 0; kept < bytes.size(); ++kept) {
    read_all(std::span(bytes).first(kept));
  }
  EXPECT_FALSE(Image::parse(std::span(bytes).first(bytes.size() - 1)));
}

TEST_P(EveryKind, EveryFlippedByteIsAnErrorOrAValue) {
  auto bytes = small(GetParam());
  for (std::byte& byte : bytes) {
    byte ^= std::byte{0xff};
    read_all(bytes);
    byte ^= std::byte{0xff};
  }
}

TEST(Image, AScriptIsNamedAsOne) {
  constexpr std::string_view script = "#!/bin/sh\nexit\n";
  const auto image = Image::parse(std::as_bytes(std::span(script)));
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), testing::HasSubstr("a script"));
}

TEST(Notes, TheLastOneMayBeCutOff) {
  const ImageBuilder builder;
  std::vector<std::byte> bytes;
  builder.note(bytes, "one", 1, std::vector<std::byte>(5));
  builder.note(bytes, "two", 2, std::vector<std::byte>(8));
  const Notes whole = read_notes(ByteView(bytes, std::endian::little));
  EXPECT_TRUE(whole.complete);
  ASSERT_EQ(whole.notes.size(), 2U);
  EXPECT_EQ(whole.notes[1].name, "two");
  EXPECT_EQ(whole.notes[0].description.size(), 5U);
  bytes.pop_back();
  const Notes cut = read_notes(ByteView(bytes, std::endian::little));
  EXPECT_FALSE(cut.complete);
  EXPECT_EQ(cut.notes.size(), 1U);
}

}  // namespace
}  // namespace skep::elf

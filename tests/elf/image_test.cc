#include "elf/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

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

TEST_P(EveryKind, WhatHasTooLongANameHasNone) {
  ImageBuilder builder(GetParam().is_64, GetParam().order);
  builder.add_section(std::string(9000, 'a'), SHT_PROGBITS, {});
  builder.add_section(std::string(8000, 'b'), SHT_PROGBITS, {});
  const auto bytes = builder.build();
  const auto image = Image::parse(bytes);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->sections()[1].name, "");
  EXPECT_EQ(image->sections()[2].name.size(), 8000U);
  EXPECT_EQ(image->sections()[3].name, ".shstrtab") << "the sections behind it keep theirs";
}

TEST_P(EveryKind, AVersionWithTooLongANameHasNone) {
  for (const auto& [length, known] : {std::pair(9000U, 0U), std::pair(8000U, 8000U)}) {
    ImageBuilder builder(GetParam().is_64, GetParam().order);
    const u16 symbols = builder.add_symbols(".dynsym", SHT_DYNSYM, {{std::string(length, 'V'), 0x10000, 4}});
    std::vector<std::byte> numbers;
    builder.put<u16>(numbers, 0);
    builder.put<u16>(numbers, 2);
    builder.add_section(".gnu.version", SHT_GNU_versym, numbers, symbols);
    std::vector<std::byte> definition;
    for (const u16 half : {u16{1}, u16{0}, u16{2}, u16{1}}) {
      builder.put<u16>(definition, half);
    }
    for (const u32 word : {0U, 20U, 0U, 1U, 0U}) {  // hash, where the name is told, the next one; the name
      builder.put<u32>(definition, word);
    }
    builder.add_section(".gnu.version_d", SHT_GNU_verdef, definition, symbols);
    const auto bytes = builder.build();
    const auto image = Image::parse(bytes);
    ASSERT_TRUE(image);
    const auto table = SymbolTable::dynamic(*image);
    ASSERT_TRUE(table) << table.error().message();
    bool is_default = false;
    EXPECT_EQ(table->version_of(table->at(1), is_default).size(), known);
  }
}

TEST(Image, ManySectionsThatShareOneEndlessNameAreReadAtOnce) {
  // Looking for the end of each name in all of the table would be some 10 TB.
  constexpr u64 count = 300'000;
  constexpr u64 name_bytes = 32 << 20;
  ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, {});
  auto file = builder.build();
  const u64 headers = file.size();
  file.resize(headers + (count + 1) * 64);
  const u64 names = file.size();
  file.resize(names + name_bytes, std::byte{'a'});
  const auto put = [&](u64 at, auto value) { std::memcpy(&file[at], &value, sizeof value); };
  put(40, headers);
  put(60, u16{0});  // the count is in the first section
  put(62, u16{count & 0xff});
  put(headers + 32, count + 1);
  for (u64 i = 1; i <= count; ++i) {
    put(headers + i * 64, u32{1});
  }
  const u64 table = headers + (count & 0xff) * 64;
  put(table + 4, u32{SHT_STRTAB});
  put(table + 24, names);
  put(table + 32, name_bytes);
  const auto image = Image::parse(file);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->sections().size(), count + 1);
  EXPECT_EQ(image->sections().back().name, "");
}

/// A file of nothing but program headers.
std::vector<std::byte> with_segments(const std::vector<Segment>& segments) {
  auto file = ImageBuilder().build();
  file.resize(64);
  const auto put = [&](u64 at, auto value) { std::memcpy(&file[at], &value, sizeof value); };
  put(40, u64{0});
  put(56, static_cast<u16>(segments.size()));
  put(60, u32{0});
  for (const Segment& segment : segments) {
    const u64 at = file.size();
    file.resize(at + 56);
    put(at, segment.type);
    put(at + 8, segment.offset);
    put(at + 16, segment.address);
    put(at + 32, segment.file_bytes);
  }
  return file;
}

TEST(Image, AnAddressIsInTheSegmentThatBeginsLastBeforeIt) {
  const auto bytes = with_segments({{PT_LOAD, 0, 0x500, 0x3000, 0x100, 0},
                                    {PT_NOTE, 0, 0x900, 0x1000, 0x100, 0},
                                    {PT_LOAD, 0, 0x100, 0x1000, 0x100, 0},
                                    {PT_LOAD, 0, 0, 0x1080, 0, 0x1000}});
  const auto image = Image::parse(bytes);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(image->segments().size(), 4U);
  EXPECT_EQ(image->file_offset(0xfff), std::nullopt);
  EXPECT_EQ(image->file_offset(0x1000), 0x100U);
  EXPECT_EQ(image->file_offset(0x10ff), 0x1ffU) << "a segment without bytes in the file hides nothing";
  EXPECT_EQ(image->file_offset(0x1100), std::nullopt);
  EXPECT_EQ(image->file_offset(0x3010), 0x510U);
  EXPECT_EQ(image->file_offset(~u64{0}), std::nullopt);
}

TEST(Image, ManySegmentsDoNotMakeEachAddressCostlier) {
  constexpr u64 count = 65'000;
  std::vector<Segment> segments;
  for (u64 i = 0; i < count; ++i) {
    segments.push_back({PT_LOAD, 0, i, 0x100 * (count - i), 0x10, 0});
  }
  const auto bytes = with_segments(segments);
  const auto image = Image::parse(bytes);
  ASSERT_TRUE(image) << image.error().message();
  u64 sum = 0;
  for (u64 i = 0; i < 20'000'000; ++i) {  // one after another these would be a million million segments
    sum += image->file_offset(0x100 + i % 0x10).value();
  }
  EXPECT_GT(sum, 0U);
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

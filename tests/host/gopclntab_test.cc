#include "host/gopclntab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/file.h"
#include "base/result.h"
#include "elf/image_builder.h"
#include "host/loaded_parts.h"

namespace skep::host {
namespace {

struct Layout {
  const char* version;
  u32 magic;
  u32 word_bytes;
  std::endian order;
};

constexpr u64 text = 0x401000;

/// A table of two functions, as the linker of that Go lays it out.
std::vector<std::byte> table(const Layout& layout) {
  const elf::ImageBuilder put(layout.word_bytes == 8, layout.order);
  const bool newer = layout.magic == 0xfffffff0 || layout.magic == 0xfffffff1;
  const bool oldest = layout.magic == 0xfffffffb;
  const u32 word = layout.word_bytes;
  std::vector<std::byte> out;
  put.put<u32>(out, layout.magic);
  for (const u32 byte : {0U, 0U, 1U, word}) {
    out.push_back(static_cast<std::byte>(byte));
  }
  const u32 fields = oldest ? 1 : newer ? 8 : 7;
  const u32 header = 8 + fields * word;
  std::vector<std::byte> names;
  elf::ImageBuilder::text(names, "main.main");
  elf::ImageBuilder::text(names, "main.(*T).run");
  const u32 name_base = oldest ? 0 : header;
  const u32 names_at = oldest ? header + 5 * word + 2 * (word + 4) : header;
  const u32 functions = oldest ? header : header + static_cast<u32>(names.size());
  put.word(out, 2);
  if (!oldest) {
    put.word(out, 0);
    if (newer) {
      put.word(out, text);
    }
    for (const u32 field : {name_base, 0U, 0U, 0U, functions}) {
      put.word(out, field);
    }
    out.insert(out.end(), names.begin(), names.end());
  }
  const u32 entry = newer ? 4 : word;
  const u32 records = 5 * entry;  // behind the index, relative to it
  const u32 record_base = oldest ? header : 0;
  const auto number = [&](u64 value) {
    newer ? put.put<u32>(out, static_cast<u32>(value)) : put.word(out, value);
  };
  const u64 base = newer ? 0 : text;
  number(base);
  number(record_base + records);
  number(base + 0x40);
  number(record_base + records + entry + 4);
  number(base + 0x60);
  for (const u32 i : {0U, 1U}) {
    number(base + i * 0x40);
    put.put<u32>(out, (oldest ? names_at : 0) + (i == 0 ? 0 : 10));
  }
  if (oldest) {
    out.insert(out.end(), names.begin(), names.end());
  }
  return out;
}

/// As Go 1.26 writes it, and other versions in programs that can be loaded anywhere.
std::vector<std::byte> table_without_address() {
  auto bytes = table({"", 0xfffffff1, 8, std::endian::little});
  std::fill_n(bytes.begin() + 8 + 2 * 8, 8, std::byte{0});
  return bytes;
}

class GoLayout : public testing::TestWithParam<Layout> {};
INSTANTIATE_TEST_SUITE_P(All, GoLayout,
                         testing::Values(Layout{"Go before 1.16", 0xfffffffb, 8, std::endian::little},
                                         Layout{"Go 1.16 or 1.17", 0xfffffffa, 8, std::endian::little},
                                         Layout{"Go 1.18 or 1.19", 0xfffffff0, 8, std::endian::little},
                                         Layout{"Go 1.20 or later", 0xfffffff1, 8, std::endian::little},
                                         Layout{"Go 1.20 or later", 0xfffffff1, 8, std::endian::big},
                                         Layout{"Go 1.20 or later", 0xfffffff1, 4, std::endian::little},
                                         Layout{"Go 1.16 or 1.17", 0xfffffffa, 4, std::endian::little}));

TEST_P(GoLayout, FunctionsAreRead) {
  const auto bytes = table(GetParam());
  const auto go = GoTable::parse(ByteView(bytes, GetParam().order), 0);
  ASSERT_TRUE(go) << go.error().message();
  EXPECT_EQ(go->version(), GetParam().version);
  ASSERT_EQ(go->size(), 2U);
  const auto run = go->find("main.(*T).run");
  ASSERT_EQ(run.size(), 1U);
  EXPECT_EQ(run[0].address, text + 0x40);
  EXPECT_EQ(run[0].size, 0x20U);
  const auto main = go->at(0);
  ASSERT_TRUE(main);
  EXPECT_EQ(main->name, "main.main");
  EXPECT_EQ(main->size, 0x40U);
  EXPECT_TRUE(go->find("main.mai").empty());
  EXPECT_TRUE(go->find("absent").empty());
}

TEST_P(GoLayout, EveryTruncationAndFlippedByteIsAnErrorOrAValue) {
  auto bytes = table(GetParam());
  const auto walk = [&](std::span<const std::byte> some) {
    const auto go = GoTable::parse(ByteView(some, GetParam().order), text);
    for (u32 i = 0; go && i < go->size(); ++i) {
      (void)go->at(i);
    }
    (void)(go ? go->find("main.main") : std::vector<GoFunction>());
  };
  for (std::size_t kept = 0; kept < bytes.size(); ++kept) {
    walk(std::span(bytes).first(kept));
  }
  for (std::byte& byte : bytes) {
    byte ^= std::byte{0xff};
    walk(bytes);
    byte ^= std::byte{0xff};
  }
}

TEST(GoTable, WithoutAnAddressTheCodeIsWhereTheCallerSays) {
  const auto bytes = table_without_address();
  const auto go = GoTable::parse(ByteView(bytes, std::endian::little), 0x7000);
  ASSERT_TRUE(go);
  EXPECT_EQ(go->at(1)->address, 0x7040U);
  const auto unknown = GoTable::parse(ByteView(bytes, std::endian::little), 0);
  ASSERT_FALSE(unknown) << "0 is no address";
  EXPECT_EQ(unknown.error().code(), Errc::unsupported);
}

TEST(GoTable, AddressesThatTheDynamicLinkerFillsInAreNotZero) {
  auto bytes = table({"", 0xfffffffa, 8, std::endian::little});
  const u64 functions = *ByteView(bytes, std::endian::little).read<u64>(8 + 6 * 8);
  std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(functions), 8, std::byte{0});
  const auto go = GoTable::parse(ByteView(bytes, std::endian::little), 0);
  ASSERT_FALSE(go);
  EXPECT_EQ(go.error().code(), Errc::unsupported);
  EXPECT_THAT(go.error().message(), testing::HasSubstr("position-independent"));
}

/// A program that C code was linked into: that comes first in .text, and then Go's two functions. `more` adds what the table itself does not tell.
struct Linked {
  static constexpr u64 c_bytes = 0x100;
  static constexpr u64 go_bytes = 0x60;  // as table() says
  static constexpr u64 text_begin = elf::ImageBuilder::load_address + 120;
  static constexpr u64 go_begin = text_begin + c_bytes;
  static constexpr u64 table_begin = go_begin + go_bytes;

  elf::ImageBuilder builder;
  Linked() {
    builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(c_bytes + go_bytes));
    builder.add_section(".gopclntab", SHT_PROGBITS, table_without_address());
  }
  /// Numbers one behind the other.
  std::vector<std::byte> words(const std::vector<u64>& values) const {
    std::vector<std::byte> out;
    for (const u64 value : values) {
      builder.word(out, value);
    }
    return out;
  }
  /// The file; its segment may be written to as well, so that data can stand there.
  std::vector<std::byte> build() const {
    auto bytes = builder.build();
    bytes[64 + 4] = std::byte{PF_R | PF_W | PF_X};
    return bytes;
  }
};

/// Where main.main is said to be.
Result<u64> main_in(std::span<const std::byte> bytes) {
  SKEP_TRY(const elf::Image image, elf::Image::parse(bytes));
  SKEP_TRY(const GoTable go, GoTable::read(image));
  SKEP_TRY(const GoFunction main, go.at(0));
  return main.address;
}

void expect_main_where_it_is(const Linked& program) {
  const auto main = main_in(program.build());
  ASSERT_TRUE(main) << main.error().message();
  EXPECT_EQ(*main, Linked::go_begin);
}

TEST(GoText, IsWhereTheSymbolIs) {
  Linked program;
  program.builder.add_symbols(".symtab", SHT_SYMTAB, {{"runtime.text", Linked::go_begin, 0}});
  expect_main_where_it_is(program);
}

TEST(GoText, IsWhatTheDynamicLinkerWritesIntoTheTable) {
  Linked program;
  program.builder.add_section(".rela.dyn", SHT_RELA,
                              program.words({Linked::table_begin + 8 + 2 * 8, 8, Linked::go_begin}));
  expect_main_where_it_is(program);
}

TEST(GoText, IsInTheRuntimesDescriptionOfTheProgram) {
  const u64 end = Linked::go_begin + Linked::go_bytes;
  Linked program;
  program.builder.add_section(
      ".noptrdata", SHT_PROGBITS,
      program.words({Linked::table_begin, 7, 0, Linked::table_begin, 1, 2, 3, Linked::go_begin, end, 0}));
  expect_main_where_it_is(program);
  Linked independent;
  independent.builder.add_section(".rela.dyn", SHT_RELA,
                                  independent.words({0x5000, 8, Linked::table_begin, 0x5008, 8, 0x123, 0x5010,
                                                     8, Linked::go_begin, 0x5018, 8, end}));
  expect_main_where_it_is(independent);
}

TEST(GoText, IsNotGuessedWhenOtherCodeIsInTheSection) {
  const auto main = main_in(Linked().build());
  ASSERT_FALSE(main) << *main;
  EXPECT_EQ(main.error().code(), Errc::unsupported);
  EXPECT_THAT(main.error().message(),
              testing::HasSubstr(".text has 352 bytes, of which Go's functions are 96"));
}

TEST(GoText, IsTheSectionWhereThatHasNothingElse) {
  elf::ImageBuilder builder;
  builder.add_section(".text", SHT_PROGBITS, std::vector<std::byte>(Linked::go_bytes + 0x1f));
  builder.add_section(".gopclntab", SHT_PROGBITS, table_without_address());
  const auto main = main_in(builder.build());
  ASSERT_TRUE(main) << main.error().message();
  EXPECT_EQ(*main, Linked::text_begin);
}

/// What strip --strip-section-headers leaves.
std::vector<std::byte> without_sections(std::vector<std::byte> bytes) {
  std::fill_n(bytes.begin() + 40, 8, std::byte{0});  // where they are
  std::fill_n(bytes.begin() + 60, 4, std::byte{0});  // how many, and which has the names
  return bytes;
}

TEST(GoTable, IsFoundBySectionOrByItsFirstWord) {
  elf::ImageBuilder builder;
  builder.add_section(".gopclntab", SHT_PROGBITS, table({"", 0xfffffff1, 8, std::endian::little}));
  const auto whole = builder.build();
  for (const auto& bytes : {whole, without_sections(whole)}) {
    const auto image = elf::Image::parse(bytes);
    ASSERT_TRUE(image);
    EXPECT_TRUE(is_go(*image));
    const auto go = GoTable::read(*image);
    ASSERT_TRUE(go) << go.error().message();
    EXPECT_EQ(go->size(), 2U);
    EXPECT_EQ(go->at(1)->address, text + 0x40);
  }
}

TEST(GoTable, WithoutSectionsTheBuildInformationTellsThatItIsGo) {
  const auto with = [](u8 word, u8 flags) {
    elf::ImageBuilder builder;
    std::vector<std::byte> bytes(8);  // from here on addresses are multiples of 16
    elf::ImageBuilder::text(bytes, "\xff Go buildinf:");
    bytes.back() = std::byte{word};
    bytes.push_back(std::byte{flags});
    builder.add_section(".data", SHT_PROGBITS, bytes);
    return without_sections(builder.build());
  };
  for (const auto& [word, flags, expected] :
       {std::tuple<u8, u8, bool>{0, 2, true}, {8, 0, true}, {0, 0, false}}) {
    const auto bytes = with(word, flags);
    const auto image = elf::Image::parse(bytes);
    ASSERT_TRUE(image);
    EXPECT_EQ(is_go(*image), expected) << int{word} << " " << int{flags};
    const auto go = GoTable::read(*image);
    ASSERT_FALSE(go);
    EXPECT_EQ(go.error().code(), Errc::not_found);
    EXPECT_THAT(go.error().message(), testing::HasSubstr("the file has no section headers"));
  }
}

TEST(GoTable, WithoutSectionsEveryFlippedByteIsAnErrorOrAValue) {
  elf::ImageBuilder builder;
  builder.add_section(".gopclntab", SHT_PROGBITS, table({"", 0xfffffff1, 8, std::endian::little}));
  auto bytes = without_sections(builder.build());
  for (std::byte& byte : bytes) {
    byte ^= std::byte{0xff};
    if (const auto image = elf::Image::parse(bytes)) {
      (void)is_go(*image);
      (void)GoTable::read(*image);
    }
    byte ^= std::byte{0xff};
  }
}

TEST(GoTable, ManySegmentsOverTheSameBytesAreReadOnce) {
  constexpr std::size_t header = 64;
  constexpr std::size_t entry = 56;
  constexpr std::size_t count = 60000;
  constexpr std::size_t total = 8 << 20;
  std::vector<std::byte> bytes(total);
  Elf64_Ehdr ehdr{};
  std::memcpy(ehdr.e_ident, "\177ELF\2\1\1", 7);
  ehdr.e_phoff = header;
  ehdr.e_phentsize = entry;
  ehdr.e_phnum = count;
  std::memcpy(bytes.data(), &ehdr, sizeof ehdr);
  for (std::size_t i = 0; i < count; ++i) {
    const Elf64_Phdr phdr{
        .p_type = PT_LOAD, .p_flags = PF_R, .p_offset = i, .p_vaddr = i, .p_filesz = total - i};
    std::memcpy(bytes.data() + header + i * entry, &phdr, sizeof phdr);
  }
  const auto image = elf::Image::parse(bytes);
  ASSERT_TRUE(image) << image.error().message();
  std::size_t read = 0;
  for (const LoadedPart& part : loaded_parts(*image)) {
    read += part.bytes.size();
  }
  EXPECT_EQ(read, total);
  EXPECT_FALSE(is_go(*image));
}

TEST(DebianBinary, FunctionsOfAGoProgramAreWhereTheyWereThoughNothingTells) {
  const auto file = FileBytes::open("/usr/bin/fzf");
  if (!file) {
    GTEST_SKIP() << "Debian's package fzf is not installed: " << file.error().message();
  }
  std::vector<std::byte> bytes(file->span().begin(), file->span().end());
  const auto expected = main_in(bytes);
  ASSERT_TRUE(expected) << expected.error().message();
  const auto image = elf::Image::parse(bytes);
  ASSERT_TRUE(image);
  const auto erase_address = [&](u64 at) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 8, std::byte{0});
  };
  erase_address(image->find_section(".gopclntab")->offset + 8 + 2 * 8);
  const auto found = main_in(bytes);
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, *expected) << "C code comes first in .text, so its address is another";
  const auto bare = main_in(without_sections(bytes));
  ASSERT_TRUE(bare) << bare.error().message();
  EXPECT_EQ(*bare, *expected);
}

}  // namespace
}  // namespace skep::host

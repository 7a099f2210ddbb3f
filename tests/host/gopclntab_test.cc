#include "host/gopclntab.h"

#include <gtest/gtest.h>

#include "elf/image_builder.h"

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
  auto bytes = table({"", 0xfffffff1, 8, std::endian::little});
  std::fill_n(bytes.begin() + 8 + 16, 8, std::byte{0});  // what a relocation would fill in
  const auto go = GoTable::parse(ByteView(bytes, std::endian::little), 0x7000);
  ASSERT_TRUE(go);
  EXPECT_EQ(go->at(1)->address, 0x7040U);
}

TEST(GoTable, IsFoundBySectionOrByItsFirstWord) {
  const auto go_table = table({"", 0xfffffff1, 8, std::endian::little});
  for (const bool is_named : {true, false}) {
    elf::ImageBuilder builder;
    builder.add_section(is_named ? ".gopclntab" : ".go.buildinfo", SHT_PROGBITS, go_table);
    const auto bytes = builder.build();
    const auto image = elf::Image::parse(bytes);
    ASSERT_TRUE(image);
    EXPECT_TRUE(is_go(*image));
    if (is_named) {
      const auto go = GoTable::read(*image);
      ASSERT_TRUE(go) << go.error().message();
      EXPECT_EQ(go->size(), 2U);
    }
  }
}

}  // namespace
}  // namespace skep::host

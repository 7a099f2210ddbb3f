#include "elf/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "elf/writer.h"

namespace skep::elf {
namespace {

using ::testing::HasSubstr;

std::vector<std::byte> bytes_from(std::string_view text) {
  const auto raw = std::as_bytes(std::span(text));
  return {raw.begin(), raw.end()};
}

/// A small object: one program of two instructions that names the map `hits`.
Writer small_object(std::endian order) {
  Writer writer(order);
  const u32 code = writer.add_section({.name = "xdp",
                                       .flags = SHF_ALLOC | SHF_EXECINSTR,
                                       .bytes = std::vector<std::byte>(32),
                                       .alignment = 8});
  const u32 maps = writer.add_section(
      {.name = ".maps", .flags = SHF_ALLOC | SHF_WRITE, .bytes = std::vector<std::byte>(24), .alignment = 8});
  writer.add_section(
      {.name = ".bss", .type = SHT_NOBITS, .flags = SHF_ALLOC | SHF_WRITE, .size = u64{1} << 40});
  writer.add_section({.name = "license", .bytes = bytes_from(std::string_view("GPL\0", 4))});
  const u32 hits = writer.add_symbol({.name = "hits",
                                      .size = 24,
                                      .bind = STB_GLOBAL,
                                      .type = STT_OBJECT,
                                      .section = static_cast<u16>(maps)});
  writer.add_symbol({.name = "drop",
                     .value = 8,
                     .size = 24,
                     .bind = STB_LOCAL,
                     .type = STT_FUNC,
                     .visibility = STV_HIDDEN,
                     .section = static_cast<u16>(code)});
  writer.add_relocation(code, 8, 1, hits);
  return writer;
}

class EitherOrder : public ::testing::TestWithParam<std::endian> {};
INSTANTIATE_TEST_SUITE_P(File, EitherOrder, ::testing::Values(std::endian::little, std::endian::big));

TEST_P(EitherOrder, WhatTheWriterWritesTheReaderReads) {
  const auto bytes = small_object(GetParam()).build();
  const auto file = File::parse(bytes);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->order(), GetParam());
  EXPECT_EQ(file->machine(), EM_BPF);
  EXPECT_EQ(file->type(), ET_REL);
  EXPECT_EQ(file->sections()[1].name, "xdp");
  EXPECT_EQ(file->sections()[1].bytes.size(), 32u);
  EXPECT_EQ(file->find_section("license")->bytes.chars(), std::string_view("GPL\0", 4));
  EXPECT_EQ(file->find_section("nothing"), nullptr);
  const Section* bss = file->find_section(".bss");
  EXPECT_EQ(bss->size, u64{1} << 40);
  EXPECT_TRUE(bss->bytes.empty());
  EXPECT_TRUE(check_bpf_object(*file));

  ASSERT_EQ(file->symbols().size(), 3u);
  const Symbol& drop = file->symbols()[1];
  EXPECT_EQ(drop.name, "drop");
  EXPECT_EQ(drop.value, 8u);
  EXPECT_EQ(drop.size, 24u);
  EXPECT_EQ(drop.bind, STB_LOCAL);
  EXPECT_EQ(drop.type, STT_FUNC);
  EXPECT_EQ(drop.visibility, STV_HIDDEN);
  EXPECT_EQ(drop.section, 1);

  const auto relocations = file->relocations(*file->find_section(".relxdp"));
  ASSERT_TRUE(relocations) << relocations.error().message();
  ASSERT_EQ(relocations->size(), 1u);
  EXPECT_EQ(relocations->front().offset, 8u);
  EXPECT_EQ(relocations->front().type, 1u);
  EXPECT_EQ(file->symbols()[relocations->front().symbol].name, "hits");
}

TEST_P(EitherOrder, EveryTruncationIsAnError) {
  const auto bytes = small_object(GetParam()).build();
  for (std::size_t kept = 0; kept < bytes.size(); ++kept) {
    EXPECT_FALSE(File::parse(std::span(bytes).first(kept))) << "accepted a file cut to " << kept << " bytes";
  }
}

TEST_P(EitherOrder, EveryChangedByteIsReadOrRefused) {
  auto bytes = small_object(GetParam()).build();
  u32 refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned mask : {0x01u, 0x80u, 0xffu}) {
      bytes[at] ^= static_cast<std::byte>(mask);
      const auto file = File::parse(bytes);
      refused += file ? 0 : 1;
      for (const Section& section : file ? file->sections() : std::span<const Section>{}) {
        (void)file->relocations(section);
        (void)file->symbols_of(section);
      }
      bytes[at] ^= static_cast<std::byte>(mask);
    }
  }
  EXPECT_GT(refused, 100u);
}

struct BadHeader {
  std::string_view what;
  std::size_t offset;
  u8 value;
  Errc code;
  std::string_view message;
};

TEST(File, EachBadHeaderHasItsOwnMessage) {
  const auto cases = std::to_array<BadHeader>({
      {"magic", 0, 0x7e, Errc::malformed,
       "not an ELF file: want the bytes 7f 45 4c 46 at offset 0, have 0x7e first"},
      {"class", 4, 1, Errc::malformed, "a 32-bit ELF file; BPF objects are 64-bit"},
      {"class", 4, 9, Errc::malformed, "ELF class: want 2 (64-bit) at offset 4, have 9"},
      {"encoding", 5, 3, Errc::malformed,
       "ELF byte order: want 1 (little endian) or 2 (big endian) at offset 5, have 3"},
      {"version", 6, 2, Errc::malformed, "ELF version: want 1 at offset 6, have 2"},
      {"header size", 52, 63, Errc::malformed, "ELF header: want a header of 64 bytes, it says 63"},
      {"entry size", 58, 40, Errc::malformed, "ELF header: want section headers of 64 bytes, have 40"},
      {"section count", 60, 0, Errc::unsupported,
       "ELF header: extended section numbering (more than 65279 sections) is not supported"},
      {"section count", 60, 200, Errc::truncated,
       "section header table of 200 entries: want 12800 bytes at offset"},
      {"name section", 62, 99, Errc::malformed,
       "ELF header: the section names are in section 99, but there are only 9"},
  });
  for (const BadHeader& bad : cases) {
    auto bytes = small_object(std::endian::little).build();
    bytes[bad.offset] = std::byte{bad.value};
    const auto file = File::parse(bytes);
    ASSERT_FALSE(file) << bad.what;
    EXPECT_EQ(file.error().code(), bad.code) << bad.what;
    EXPECT_THAT(file.error().message(), HasSubstr(bad.message));
  }
}

TEST(File, AnEmptyFileIsNotElf) {
  EXPECT_EQ(File::parse({}).error().message(), "not an ELF file: it is empty");
  EXPECT_THAT(File::parse(bytes_from("hello")).error().message(), HasSubstr("have 0x68 first"));
}

Result<void> checked(const Writer& writer) {
  const auto bytes = writer.build();
  SKEP_TRY(const File file, File::parse(bytes));
  return check_bpf_object(file);
}

TEST(CheckBpfObject, EachRefusalHasItsOwnMessage) {
  EXPECT_EQ(checked(Writer(std::endian::little, EM_X86_64)).error().message(),
            "compiled for x86-64 (62), want BPF (247): use clang -target bpf");
  EXPECT_EQ(checked(Writer(std::endian::little, EM_BPF, ET_DYN)).error().message(),
            "want a relocatable object (1), have a shared library or executable (3)");

  Writer stripped = small_object(std::endian::little);
  stripped.omit_symbols();
  EXPECT_THAT(checked(stripped).error().message(), HasSubstr("no symbol table"));

  Writer twice = small_object(std::endian::little);
  twice.add_section({.name = ".symtab", .type = SHT_SYMTAB, .link = 4, .entry_bytes = 24});
  EXPECT_EQ(checked(twice).error().message(), "want one symbol table, have 2");

  Writer compressed = small_object(std::endian::little);
  compressed.add_section({.name = ".debug_info", .flags = SHF_COMPRESSED});
  EXPECT_EQ(checked(compressed).error().message(),
            "section 5 '.debug_info' is compressed; compile without -gz");

  Writer extended = small_object(std::endian::little);
  extended.add_symbol({.name = "far", .section = SHN_XINDEX});
  EXPECT_EQ(checked(extended).error().message(),
            "symbol 2 'far': extended section numbering is not supported");
  EXPECT_TRUE(checked(small_object(std::endian::big)));
}

TEST(Relocations, RefusalsNameTheSection) {
  const auto refusal = [](NewSection section) {
    Writer writer = small_object(std::endian::little);
    const u32 index = writer.add_section(std::move(section));
    const auto bytes = writer.build();
    const auto file = File::parse(bytes);
    return file->relocations(file->sections()[index]).error().message();
  };
  EXPECT_EQ(refusal({.name = "x"}), "section 'x' of type 1 holds no relocations");
  EXPECT_EQ(refusal({.name = ".rel", .type = SHT_REL, .bytes = std::vector<std::byte>(8), .entry_bytes = 16}),
            "section '.rel': want whole relocations of 16 bytes, have 8 bytes in entries of 16");
  EXPECT_THAT(refusal({.name = ".rel", .type = SHT_REL, .link = 1, .entry_bytes = 16}),
              HasSubstr("which is not the symbol table"));
  std::vector<std::byte> far(16);
  far[12] = std::byte{77};
  EXPECT_EQ(refusal({.name = ".rel", .type = SHT_REL, .bytes = far, .link = 6, .entry_bytes = 16}),
            "section '.rel': relocation 0 names symbol 77, but there are only 3");
}

TEST(Relocations, AddendsAreKept) {
  Writer writer = small_object(std::endian::little);
  std::vector<std::byte> entry(24);
  entry[12] = std::byte{1};
  entry[16] = std::byte{0xfe};
  std::fill(entry.begin() + 17, entry.end(), std::byte{0xff});
  const u32 index =
      writer.add_section({.name = ".rela", .type = SHT_RELA, .bytes = entry, .link = 6, .entry_bytes = 24});
  const auto bytes = writer.build();
  const auto file = File::parse(bytes);
  const auto relocations = file->relocations(file->sections()[index]);
  ASSERT_TRUE(relocations) << relocations.error().message();
  EXPECT_EQ(relocations->front().addend, -2);
}

TEST(File, ReadsAnOrdinaryProgram) {
  const auto self = FileBytes::open("/proc/self/exe");
  ASSERT_TRUE(self) << self.error().message();
  const auto file = File::parse(self->span());
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_NE(file->find_section(".dynsym"), nullptr);
  const auto dynamic = file->symbols_of(*file->find_section(".dynsym"));
  ASSERT_TRUE(dynamic) << dynamic.error().message();
  EXPECT_GT(dynamic->size(), 10u);
  EXPECT_FALSE(check_bpf_object(*file));
}

}  // namespace
}  // namespace skep::elf

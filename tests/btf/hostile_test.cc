// Bytes that no compiler wrote.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "btf/blob.h"
#include "btf/edit.h"
#include "btf/ext.h"
#include "btf/fixture.h"
#include "btf/walk.h"

namespace skep::btf::test {
namespace {

using ::testing::HasSubstr;

/// A blob of the given type words and strings, and of a layout part where one is given.
std::vector<std::byte> blob_of(const std::vector<u32>& types, std::string_view strings,
                               const std::vector<btf_layout>& layout = {}) {
  const u32 type_len = static_cast<u32>(types.size() * 4);
  const u32 layout_len = static_cast<u32>(layout.size() * sizeof(btf_layout));
  const btf_header header{.magic = BTF_MAGIC,
                          .version = 1,
                          .flags = 0,
                          .hdr_len = sizeof(btf_header),
                          .type_off = 0,
                          .type_len = type_len,
                          .str_off = type_len + layout_len,
                          .str_len = static_cast<u32>(strings.size()),
                          .layout_off = type_len,
                          .layout_len = layout_len};
  std::vector<std::byte> bytes;
  const auto append = [&](std::span<const std::byte> more) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  };
  append(bytes_of(header));
  append(std::as_bytes(std::span(types)));
  append(std::as_bytes(std::span(layout)));
  append(std::as_bytes(std::span(strings)));
  return bytes;
}

Result<Btf> parse(const std::vector<std::byte>& bytes) {
  return Btf::parse(ByteView(bytes, std::endian::native));
}

constexpr std::string_view names("\0int\0pair\0", 10);
const std::vector<u32> int_words{1, btf_info(BTF_KIND_INT, 0, false), 4, 32};

std::vector<u32> int_and(std::initializer_list<u32> more) {
  std::vector<u32> words = int_words;
  words.insert(words.end(), more);
  return words;
}

TEST(Hostile, EveryTruncationIsAnError) {
  for (const Object& object : all_objects()) {
    for (std::size_t kept = 0; kept < object.btf.size(); ++kept) {
      ASSERT_FALSE(Btf::parse(object.btf.slice(0, kept).value())) << object.name << " cut to " << kept;
    }
    const Btf btf = Btf::parse(object.btf).value();
    for (std::size_t kept = 0; kept < object.ext.size(); ++kept) {
      ASSERT_FALSE(ExtInfo::parse(object.ext.slice(0, kept).value(), btf))
          << object.name << " .BTF.ext cut to " << kept;
    }
  }
}

TEST(Hostile, EveryTruncationOfAnObjectFileIsAnError) {
  for (const Object& object : all_objects()) {
    for (std::size_t kept = 0; kept < object.bytes.size(); ++kept) {
      ASSERT_FALSE(elf::File::parse(object.bytes.span().first(kept))) << object.name << " cut to " << kept;
    }
  }
}

TEST(Hostile, EveryChangedByteOfAnObjectFileIsReadOrRefused) {
  const Object object = host_object();
  std::vector<std::byte> bytes(object.bytes.span().begin(), object.bytes.span().end());
  u32 refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    bytes[at] ^= std::byte{0xff};
    const auto file = elf::File::parse(bytes);
    refused += file ? 0 : 1;
    for (const elf::Section& section : file ? file->sections() : std::span<const elf::Section>{}) {
      (void)file->relocations(section);
    }
    bytes[at] ^= std::byte{0xff};
  }
  EXPECT_GT(refused, 100u);
}

TEST(Hostile, EveryChangedByteIsReadOrRefused) {
  const Object object = host_object();
  std::vector<std::byte> bytes(object.btf.span().begin(), object.btf.span().end());
  u32 refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const std::byte mask = static_cast<std::byte>(at % 3 == 0 ? 0xff : at % 3 == 1 ? 0x01 : 0x80);
    bytes[at] ^= mask;
    const auto btf = parse(bytes);
    refused += btf ? 0 : 1;
    if (btf) {
      walk(*btf);
    }
    bytes[at] ^= mask;
  }
  EXPECT_GT(refused, 100u);
}

TEST(Hostile, EveryChangedByteOfExtIsReadOrRefused) {
  const Object object = host_object();
  const Btf btf = Btf::parse(object.btf).value();
  std::vector<std::byte> bytes(object.ext.span().begin(), object.ext.span().end());
  u32 refused = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned mask : {0x01u, 0x80u, 0xffu}) {
      bytes[at] ^= static_cast<std::byte>(mask);
      const auto ext = ExtInfo::parse(ByteView(bytes, object.ext.order()), btf);
      refused += ext ? 0 : 1;
      for (const ExtSection& section : ext ? ext->sections() : std::span<const ExtSection>{}) {
        for (const LineInfo line : section.lines) {
          ASSERT_LE(line.text().size(), btf.bytes().size());
        }
      }
      bytes[at] ^= static_cast<std::byte>(mask);
    }
  }
  EXPECT_GT(refused, 100u);
}

struct BadTypes {
  std::vector<u32> words;
  Errc code;
  std::string_view message;
};

TEST(Hostile, EachBadTypeHasItsOwnMessage) {
  const auto cases = std::vector<BadTypes>({
      {{1, btf_info(BTF_KIND_INT, 0, false)},
       Errc::truncated,
       "BTF type 1: want 12 bytes at offset 0 of the types, have 8"},
      {{1, btf_info(BTF_KIND_INT, 0, false), 4},
       Errc::truncated,
       "BTF type 1 (INT): want 16 bytes at offset 0 of the types, have 12"},
      {{0, 0, 0}, Errc::malformed, "BTF type 1 (UNKNOWN): kind 0 stands for no type"},
      {{0, btf_info(20, 0, false), 0},
       Errc::unsupported,
       "BTF type 1 (kind 20): this skep does not know the kind, and no layout part tells its size"},
      {int_and({0, btf_info(BTF_KIND_PTR, 0, false), 3}), Errc::malformed,
       "BTF type 2 (PTR): refers to type 3, but there are only 3"},
      {int_and({99, btf_info(BTF_KIND_PTR, 0, false), 1}), Errc::malformed,
       "BTF type 2 (PTR): a name at string offset 99, but the strings end at 10"},
      {int_and({5, btf_info(BTF_KIND_STRUCT, 1, false), 4, 1, 7, 0}), Errc::malformed,
       "BTF type 2 (STRUCT): refers to type 7"},
      {int_and({5, btf_info(BTF_KIND_STRUCT, 0xffffff, false), 4, 1, 1, 0}), Errc::truncated,
       "BTF type 2 (STRUCT): want 201326592 bytes at offset 16 of the types, have 40"},
      {int_and({5, btf_info(BTF_KIND_FUNC, 1, false), 1}), Errc::malformed,
       "BTF type 2 (FUNC): type 1 is not a FUNC_PROTO"},
      {int_and({5, btf_info(BTF_KIND_DATASEC, 1, false), 4, 1, 0, 4}), Errc::malformed,
       "BTF type 2 (DATASEC): entry 0: type 1 is neither a VAR nor a FUNC"},
      {{1, btf_info(BTF_KIND_INT, 0, false), 40, 32},
       Errc::malformed,
       "BTF type 1 (INT): its size and width"},
      {{1, btf_info(BTF_KIND_INT, 0, false), 4, 33}, Errc::malformed, "BTF type 1 (INT): its size and width"},
  });
  for (const BadTypes& bad : cases) {
    const auto btf = parse(blob_of(bad.words, names));
    ASSERT_FALSE(btf) << bad.message;
    EXPECT_EQ(btf.error().code(), bad.code) << bad.message;
    EXPECT_THAT(btf.error().message(), HasSubstr(bad.message));
  }
}

TEST(Hostile, EachBadHeaderHasItsOwnMessage) {
  const std::vector<std::byte> good = blob_of(int_words, names);
  ASSERT_TRUE(parse(good));
  const auto refusal = [&](std::size_t offset, u32 value) {
    std::vector<std::byte> bytes = good;
    std::memcpy(bytes.data() + offset, &value, 4);
    const auto btf = parse(bytes);
    return btf ? std::string("accepted") : btf.error().message();
  };
  EXPECT_EQ(refusal(0, 0x01001234), "BTF header: want the magic 0xeb9f at offset 0, have 0x1234");
  EXPECT_EQ(refusal(0, 0x0002eb9f), "BTF header: want version 1, have 2");
  EXPECT_EQ(refusal(0, 0x0101eb9f), "BTF header: want no flags, have 0x1");
  EXPECT_EQ(refusal(4, 8), "BTF header: want at least 24 bytes, it says 8");
  EXPECT_EQ(refusal(4, 1000), "BTF header: want 1000 bytes at offset 0, have 58");
  EXPECT_THAT(refusal(4, 40), HasSubstr("fields after its first 32 bytes"));
  EXPECT_EQ(refusal(8, 2), "BTF header: want the types in whole words, have 16 bytes at offset 2");
  EXPECT_EQ(refusal(12, 0xfffffff0), "BTF types: want 4294967280 bytes at offset 0, have 26");
  EXPECT_EQ(refusal(16, 0xffffffff), "BTF strings: want 10 bytes at offset 4294967295, have 26");
  EXPECT_EQ(refusal(20, 9), "BTF strings: the last one has no end");
  EXPECT_EQ(refusal(20, 0), "BTF strings: want at least the empty string, have none");
  EXPECT_EQ(refusal(16, 20), "BTF strings: want 10 bytes at offset 20, have 26");
}

TEST(Hostile, UnknownKindsAreSteppedOverWhereTheLayoutTellsTheirSize) {
  std::vector<btf_layout> layout(23, btf_layout{.info_sz = 0, .elem_sz = 0, .flags = 0});
  layout[22] = {.info_sz = 4, .elem_sz = 8, .flags = 0};
  const std::vector<u32> words =
      int_and({5, btf_info(22, 2, false), 77, 1, 2, 3, 4, 5, 0, btf_info(BTF_KIND_PTR, 0, false), 1});
  const auto btf = parse(blob_of(words, names, layout));
  ASSERT_TRUE(btf) << btf.error().message();
  EXPECT_EQ(btf->type_count(), 4u);
  EXPECT_EQ(btf->type(2).kind(), Kind::unknown);
  EXPECT_EQ(btf->type(2).raw_kind(), 22u);
  EXPECT_EQ(btf->type(2).name(), "pair");
  EXPECT_EQ(btf->type(3).kind(), Kind::ptr);
  EXPECT_GT(walk(*btf), 0u);
  EXPECT_FALSE(parse(blob_of(words, names, {layout.begin(), layout.begin() + 22})));

  BtfEditor editor(*btf);
  editor.add_reference(Kind::const_, {}, 3);
  const auto edited = editor.finish();
  ASSERT_TRUE(edited) << "the layout part must be kept: " << edited.error().message();
  EXPECT_EQ(edited->type(2).raw_kind(), 22u);
}

TEST(Hostile, TypesThatContainThemselvesEnd) {
  const auto btf = parse(
      blob_of({5, btf_info(BTF_KIND_STRUCT, 2, false),     8, 1, 1, 0,          5, 1,
               0,                                                       // 1: a struct of itself, twice
               5, btf_info(BTF_KIND_TYPEDEF, 0, false),    2,           // 2: a typedef of itself
               0, btf_info(BTF_KIND_ARRAY, 0, false),      0, 3, 3, 2,  // 3: an array of itself
               0, btf_info(BTF_KIND_PTR, 0, false),        4,           // 4: a pointer to itself
               0, btf_info(BTF_KIND_FUNC_PROTO, 2, false), 5, 0, 5, 0,          5,  // 5: a function of itself
               0, btf_info(BTF_KIND_STRUCT, 2, false),     8, 0, 6, 0,          0, 6,
               0,  // 6: an anonymous struct of itself
               0, btf_info(BTF_KIND_ARRAY, 0, false),      0, 8, 8, 0xffffffff,  // 7: many arrays of
               5, btf_info(BTF_KIND_STRUCT, 0, false),     0},                   // 8: nothing
              names));
  ASSERT_TRUE(btf) << btf.error().message();
  EXPECT_EQ(btf->resolve(2), 0u);
  EXPECT_THAT(btf->alignment(1).error().message(), HasSubstr("contains itself"));
  EXPECT_THAT(btf->size_bytes(3).error().message(), HasSubstr("contains itself"));
  const std::vector<std::byte> bytes(8);
  EXPECT_THAT(decode(*btf, 1, bytes).error().message(), HasSubstr("nests deeper than 32"));
  EXPECT_THAT(decode(*btf, 6, bytes).error().message(), HasSubstr("nests deeper than 32"));
  EXPECT_THAT(decode(*btf, 7, bytes).error().message(), HasSubstr("over a million parts"));
  EXPECT_FALSE(resolve_path(*btf, 6, ".x"));
  EXPECT_LT(walk(*btf), 100u << 20);
}

TEST(Hostile, SizesThatOverflowAreAnError) {
  const auto btf = parse(blob_of(int_and({0, btf_info(BTF_KIND_ARRAY, 0, false), 0, 1, 1, 0xffffffff,  //
                                          0, btf_info(BTF_KIND_ARRAY, 0, false), 0, 2, 1, 0xffffffff,  //
                                          0, btf_info(BTF_KIND_ARRAY, 0, false), 0, 3, 1, 0xffffffff}),
                                 names));
  ASSERT_TRUE(btf) << btf.error().message();
  EXPECT_EQ(btf->size_bytes(2).value(), 4 * u64{0xffffffff});
  EXPECT_THAT(btf->size_bytes(3).error().message(), HasSubstr("does not fit 64 bits"));
  EXPECT_THAT(btf->size_bytes(4).error().message(), HasSubstr("does not fit 64 bits"));
}

TEST(Hostile, EveryChangedByteOfTrustedTypesIsReadOrRefused) {
  const Object object = host_object();
  std::vector<std::byte> bytes(object.btf.span().begin(), object.btf.span().end());
  u32 refused = 0;
  u32 more = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const std::byte mask = static_cast<std::byte>(at % 3 == 0 ? 0xff : at % 3 == 1 ? 0x01 : 0x80);
    bytes[at] ^= mask;
    const auto btf = Btf::trust(nullptr, ByteView(bytes, std::endian::native));
    refused += btf ? 0 : 1;
    if (btf) {
      walk(*btf);
      more += parse(bytes) ? 0 : 1;
    }
    bytes[at] ^= mask;
  }
  EXPECT_GT(refused, 10u) << "the header is judged";
  EXPECT_GT(more, 100u) << "members that lead nowhere must be met here";
}

TEST(Hostile, AMemberOfTrustedTypesThatLeadsNowhereIsVoidAndNameless) {
  const auto bytes = blob_of(int_and({5, btf_info(BTF_KIND_STRUCT, 2, false), 8, 99, 7, 0, 1, 1, 32,  //
                                      0, btf_info(BTF_KIND_FUNC_PROTO, 1, false), 1, 0xffffffff, 0xfffffff0}),
                             names);
  EXPECT_FALSE(parse(bytes));
  const auto btf = Btf::trust(nullptr, ByteView(bytes, std::endian::native));
  ASSERT_TRUE(btf) << btf.error().message();
  EXPECT_EQ(btf->type(2).member(0).name, "");
  EXPECT_EQ(btf->type(2).member(0).type_id, 0u);
  EXPECT_EQ(btf->type(2).member(1).name, "int");
  EXPECT_EQ(btf->type(3).parameter(0).type_id, 0u);
  EXPECT_TRUE(btf->type(99).is_void());
  EXPECT_EQ(btf->string(99), "");
  EXPECT_GT(walk(*btf), 0u);
}

TEST(Hostile, AStringWithoutEndIsCut) {
  std::string strings = std::string(1, '\0') + "x" + std::string(longest_string, 'y') + '\0';
  const auto btf = parse(blob_of({1, btf_info(BTF_KIND_STRUCT, 0, false), 0,  //
                                  2, btf_info(BTF_KIND_STRUCT, 0, false), 0},
                                 strings));
  ASSERT_TRUE(btf) << btf.error().message();
  EXPECT_EQ(btf->type(1).name().size(), longest_string);
  EXPECT_EQ(btf->type(2).name(), std::string(longest_string, 'y')) << "as long as can be";
  for (u32 i = 0; i < 10; ++i) {
    EXPECT_EQ(btf->find(btf->type(1).name(), Kind::struct_), 1u);
    EXPECT_EQ(btf->find(btf->type(2).name(), Kind::struct_), 2u);
  }
}

}  // namespace
}  // namespace skep::btf::test

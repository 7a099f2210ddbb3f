#include "btf/ext.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "btf/fixture.h"

namespace skep::btf::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(ExtInfo, TellsFunctionsLinesAndRelocationsOfEachSection) {
  for (const Object& object : all_objects()) {
    SCOPED_TRACE(object.name);
    const Btf btf = Btf::parse(object.btf).value();
    const auto ext = ExtInfo::parse(object.ext, btf);
    ASSERT_TRUE(ext) << ext.error().message();

    const ExtSection xdp = ext->for_section("xdp");
    ASSERT_EQ(xdp.functions.size(), 1u);
    EXPECT_EQ(xdp.functions[0].insn_offset_bytes, 0u);
    EXPECT_EQ(btf.type(xdp.functions[0].type_id).name(), "program");
    EXPECT_EQ(btf.type(ext->for_section(".text").functions[0].type_id).name(), "helper");

    bool saw_call = false;
    u32 last = 0;
    for (const LineInfo line : xdp.lines) {
      EXPECT_THAT(std::string(line.file_name()), EndsWith("types.c"));
      EXPECT_GE(line.insn_offset_bytes, last);
      EXPECT_GT(line.line(), 0u);
      last = line.insn_offset_bytes;
      saw_call |= line.text().find("return helper(ctx)") != std::string_view::npos && line.column() > 0;
    }
    EXPECT_TRUE(saw_call);

    ASSERT_EQ(xdp.relocations.size(), 1u);
    const CoreRelo relocation = xdp.relocations[0];
    EXPECT_EQ(relocation.access(), "0:1");
    EXPECT_EQ(relocation.kind, BPF_CORE_FIELD_BYTE_OFFSET);
    EXPECT_EQ(btf.type(relocation.type_id).name(), "pair");

    EXPECT_TRUE(ext->for_section("nothing").lines.empty());
    EXPECT_EQ(ext->sections().size(), 3u);
  }
}

TEST(ExtInfo, SurvivesBeingMoved) {
  const Object object = host_object();
  auto ext = ExtInfo::parse(object.ext, Btf::parse(object.btf).value()).value();
  const ExtInfo moved = std::move(ext);
  EXPECT_FALSE(moved.for_section("xdp").lines[0].text().empty());
}

/// The words of a .BTF.ext with one func_info part. An ExtInfo borrows them.
std::vector<u32> with_header(const std::vector<u32>& words) {
  std::vector<u32> all{u32{BTF_MAGIC} | 1u << 16, 24, 0, static_cast<u32>(words.size() * 4), 0, 0};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

Result<ExtInfo> parse_words(const Btf& btf, const std::vector<u32>& words) {
  return ExtInfo::parse(ByteView(std::as_bytes(std::span(words)), std::endian::native), btf);
}

TEST(ExtInfo, LongerRecordsAreReadByTheirKnownPart) {
  const Btf btf = host_btf();
  const std::vector<u32> words = with_header({12, 1, 2, 8, 3, 99, 16, 4, 99});
  const auto ext = parse_words(btf, words);
  ASSERT_TRUE(ext) << ext.error().message();
  ASSERT_EQ(ext->sections().size(), 1u);
  EXPECT_EQ(ext->sections()[0].functions[1].insn_offset_bytes, 16u);
  EXPECT_EQ(ext->sections()[0].functions[1].type_id, 4u);
}

TEST(ExtInfo, EachRefusalHasItsOwnMessage) {
  const Btf btf = host_btf();
  const auto refusal = [&](const std::vector<u32>& words) {
    return parse_words(btf, with_header(words)).error().message();
  };
  EXPECT_EQ(refusal({4, 1, 1, 0}),
            ".BTF.ext func_info: want records of at least 8 bytes in whole words, have 4");
  EXPECT_EQ(refusal({9, 1, 1, 0}),
            ".BTF.ext func_info: want records of at least 8 bytes in whole words, have 9");
  EXPECT_THAT(refusal({8, 1, 0}), HasSubstr("want at least one record"));
  EXPECT_THAT(refusal({8, 0xffffff, 1, 0, 1}), HasSubstr("a section's name at string offset 16777215"));
  EXPECT_THAT(refusal({8, 1, 0xffffffff, 0, 1}),
              HasSubstr("4294967295 records: want 34359738360 bytes at offset 12, have 20"));
  EXPECT_THAT(refusal({8, 1, 1, 0, 0xffff}),
              HasSubstr("function 0 refers to type 65535, which the BTF does not have"));
  EXPECT_THAT(refusal({8, 1, 1, 0, 1, 1, 1, 0, 1}), HasSubstr("comes twice"));
  EXPECT_THAT(refusal({8, 1}), HasSubstr("section head: want 8 bytes at offset 4, have 8"));
}

}  // namespace
}  // namespace skep::btf::test

#include "btf/edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "btf/declare.h"
#include "btf/fixture.h"
#include "btf/oracle.h"

namespace skep::btf::test {
namespace {

using ::testing::HasSubstr;

TEST(BtfEditor, WithoutChangesGivesTheSameBlob) {
  const Btf btf = host_btf();
  const auto same = BtfEditor(btf).finish();
  ASSERT_TRUE(same) << same.error().message();
  EXPECT_TRUE(std::ranges::equal(same->bytes(), btf.bytes()));
}

TEST(BtfEditor, MakesKindsOfOthersAsLong) {
  BtfEditor editor;
  const u32 number = editor.add_int("int", 4, BTF_INT_SIGNED);
  const u32 variable = editor.add_var("x", number, BTF_VAR_STATIC);
  const u32 section = editor.add_datasec(".data", 4, std::array{SectionVariable{variable, 0, 4}});
  const u32 negative = editor.add_enum("sign", 4, std::array{NewEnumerator{"minus", -1}});
  editor.recast(section, Kind::struct_, 1);
  editor.set_tail(section, 0, editor.add_string("member"));
  editor.set_tail(section, 1, variable);
  editor.set_tail(section, 2, 0);
  editor.recast(variable, Kind::int_, 0);
  editor.set_size(variable, 1);
  editor.set_tail(variable, 0, 8);
  editor.set_kind_flag(negative, false);
  const auto edited = editor.finish();
  ASSERT_TRUE(edited) << edited.error().message();
  EXPECT_EQ(edited->type(section).member(0).name, "member");
  EXPECT_EQ(edited->size_bytes(edited->type(section).member(0).type_id).value(), 1);
  EXPECT_EQ(edited->type(negative).enumerator(0).value, 0xffffffff);
}

TEST(BtfEditor, FillsInWhatClangLeavesOut) {
  const Btf btf = host_btf();
  const u32 data = btf.find(".data", Kind::datasec).value();
  const u32 counter = btf.find("counter", Kind::var).value();
  const u32 program = btf.find("program", Kind::func).value();
  BtfEditor editor(btf);
  editor.set_datasec_size(data, 160);
  editor.set_datasec_variable_offset(data, 1, 96);
  editor.set_datasec_variable_size(data, 1, 12);
  editor.set_linkage(counter, BTF_VAR_GLOBAL_ALLOCATED);
  editor.set_linkage(program, BTF_FUNC_STATIC);
  editor.set_name(program, "renamed");
  const auto edited = editor.finish();
  ASSERT_TRUE(edited) << edited.error().message();
  EXPECT_EQ(edited->type(data).size_bytes(), 160u);
  EXPECT_EQ(edited->type(data).section_variable(1).offset, 96u);
  EXPECT_EQ(edited->type(data).section_variable(1).bytes, 12u);
  EXPECT_EQ(edited->type(data).section_variable(0).offset, 0u);
  EXPECT_EQ(edited->type(counter).linkage(), BTF_VAR_GLOBAL_ALLOCATED);
  EXPECT_EQ(edited->type(program).linkage(), BTF_FUNC_STATIC);
  EXPECT_EQ(edited->type(program).name(), "renamed");
  EXPECT_EQ(btf.type(program).name(), "program") << "the original must not change";
}

TEST(BtfEditor, BuildsEveryKindFromNothing) {
  BtfEditor editor;
  const u32 int_id = editor.add_int("int", 4, BTF_INT_SIGNED);
  const u32 real = editor.add_float("double", 8);
  const u32 list = editor.add_array(int_id, int_id, 7);
  const u32 pointer = editor.add_reference(Kind::ptr, {}, editor.add_reference(Kind::const_, {}, int_id));
  const u32 alias = editor.add_reference(Kind::typedef_, "number_t", real);
  const u32 opaque = editor.add_fwd("opaque", Kind::union_);
  const std::array<NewMember, 3> members{
      {{"values", list, 0, 0}, {"at", pointer, 256, 0}, {"bits", int_id, 320, 5}}};
  const u32 row = editor.add_composite(Kind::struct_, "row", 48, members);
  const std::array<NewEnumerator, 2> colors{{{"RED", 1}, {"NONE", -1}}};
  const u32 color = editor.add_enum("color", 4, colors);
  const std::array<NewParameter, 2> parameters{{{"row", row}, {"n", int_id}}};
  const u32 proto = editor.add_func_proto(int_id, parameters);
  const u32 function = editor.add_func("sum", proto, BTF_FUNC_GLOBAL);
  const u32 variable = editor.add_var("table", row, BTF_VAR_STATIC);
  const std::array<SectionVariable, 1> variables{{{variable, 16, 48}}};
  const u32 section = editor.add_datasec(".data", 64, variables);
  const u32 tag = editor.add_decl_tag("hint", function, 1);
  const auto btf = editor.finish();
  ASSERT_TRUE(btf) << btf.error().message();

  EXPECT_EQ(declaration(*btf, function), "int sum(struct row row, int n)");
  EXPECT_EQ(declaration(*btf, pointer, "p"), "const int *p");
  EXPECT_EQ(declaration(*btf, alias), "number_t");
  EXPECT_EQ(declaration(*btf, opaque), "union opaque");
  EXPECT_EQ(btf->type(row).member(2).bitfield_bits, 5u);
  EXPECT_EQ(btf->type(color).enumerator(1).value, -1);
  EXPECT_EQ(btf->type(section).section_variable(0).offset, 16u);
  EXPECT_EQ(btf->type(tag).component_index(), 1);
  EXPECT_EQ(oracle_types(btf->bytes()).size() + 1, btf->type_count()) << "libbpf refuses it";
}

TEST(BtfEditor, FinishRefusesIdsThatDoNotExist) {
  BtfEditor editor;
  editor.add_reference(Kind::ptr, {}, 9);
  EXPECT_THAT(editor.finish().error().message(), HasSubstr("refers to type 9, but there are only 2"));
}

TEST(BtfEditor, AddsToSplitBtf) {
  const auto base = std::make_shared<const Btf>(host_btf());
  const std::array<std::byte, 24> empty_split{std::byte{0x9f}, std::byte{0xeb}, std::byte{1}, std::byte{0},
                                              std::byte{24}};
  const auto split = Btf::parse(ByteView(empty_split, std::endian::little), base);
  ASSERT_TRUE(split) << split.error().message();
  BtfEditor editor(*split);
  const u32 id = editor.add_reference(Kind::typedef_, "pair_t", base->find("pair", Kind::struct_).value());
  const auto edited = editor.finish();
  ASSERT_TRUE(edited) << edited.error().message();
  EXPECT_EQ(id, base->type_count());
  EXPECT_EQ(edited->find("pair_t", Kind::typedef_), id);
  EXPECT_EQ(edited->size_bytes(id).value(), 8u);
}

}  // namespace
}  // namespace skep::btf::test

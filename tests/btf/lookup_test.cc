// Types by name, with and without flavours.
#include <gtest/gtest.h>

#include "btf/edit.h"
#include "btf/fixture.h"
#include "btf/names.h"

namespace skep::btf::test {
namespace {

TEST(EssentialName, EndsBeforeTheLastFlavour) {
  struct Case {
    std::string_view name, essential;
  };
  for (const Case& c :
       {Case{"task_struct", "task_struct"}, Case{"task_struct___old", "task_struct"}, Case{"a___b", "a"},
        Case{"a___b___c", "a___b"}, Case{"a____b", "a____b"}, Case{"a___b____c", "a"}, Case{"___x", "___x"},
        Case{"x___", "x___"}, Case{"_____", "_____"}, Case{"", ""}, Case{"___", "___"}, Case{"a__b", "a__b"},
        Case{"a___b___", "a"}, Case{"___a___b", "___a"}}) {
    EXPECT_EQ(essential_name(c.name), c.essential) << c.name;
  }
}

/// ids: 1 int, 2 struct s, 3 struct s___new, 4 union s, 5 typedef s -> 2, 6 nameless pointer, 7 struct t___x, 8 fwd s.
Btf flavoured() {
  BtfEditor editor;
  editor.add_int("int", 4, BTF_INT_SIGNED);
  editor.add_composite(Kind::struct_, "s", 4, {});
  editor.add_composite(Kind::struct_, "s___new", 4, {});
  editor.add_composite(Kind::union_, "s", 4, {});
  editor.add_reference(Kind::typedef_, "s", 2);
  editor.add_reference(Kind::ptr, {}, 2);
  editor.add_composite(Kind::struct_, "t___x", 4, {});
  editor.add_fwd("s", Kind::struct_);
  return editor.finish().value();
}

using Ids = std::vector<u32>;

TEST(Essential, FindsEveryKindAndFlavourInOrder) {
  const Btf btf = flavoured();
  EXPECT_EQ(btf.essential("s"), (Ids{2, 3, 4, 5, 8}));
  EXPECT_EQ(btf.essential("t"), (Ids{7}));
  EXPECT_EQ(btf.essential("int"), (Ids{1}));
  for (const std::string_view none : {"", "s___new", "t___x", "u", "in", "nt"}) {
    EXPECT_EQ(btf.essential(none), Ids{}) << none;
  }
}

TEST(Essential, WantedNamesAnswerTheSame) {
  const Btf btf = flavoured();
  btf.want({});
  btf.want(std::vector<std::string_view>{"s", "u", "t", "s", ""});
  EXPECT_EQ(btf.essential("s"), (Ids{2, 3, 4, 5, 8}));
  EXPECT_EQ(btf.essential("t"), (Ids{7}));
  EXPECT_EQ(btf.essential("u"), Ids{});
  EXPECT_EQ(btf.essential("int"), (Ids{1})) << "a name that was not announced";
}

TEST(Essential, IsOfTheBlobsOwnTypesOnly) {
  const auto base = std::make_shared<const Btf>(flavoured());
  const btf_header nothing{.magic = BTF_MAGIC, .version = 1, .flags = 0, .hdr_len = sizeof(btf_header)};
  BtfEditor editor(Btf::parse(ByteView(bytes_of(nothing), std::endian::native), base).value());
  const u32 plain = editor.add_composite(Kind::struct_, "s", 8, {});
  const u32 flavour = editor.add_composite(Kind::struct_, "u___v", 8, {});
  const Btf split = editor.finish().value();
  EXPECT_EQ(split.essential("s"), Ids{plain});
  EXPECT_EQ(split.essential("u"), Ids{flavour});
  EXPECT_EQ(split.essential("t"), Ids{});
}

}  // namespace
}  // namespace skep::btf::test

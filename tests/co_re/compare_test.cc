// The comparison of whole types: loose for existence and size, strict for TYPE_MATCHES.
#include "co_re/builder.h"

namespace skep::co_re::test {
namespace {

using ::testing::HasSubstr;

/// Two types that are called alike, and whether they are the same thing.
struct Row {
  std::string_view what;
  u32 (*local)(Side&);
  u32 (*kernel)(Side&);
  bool exists;
  bool matches;
  std::string_view why = "";  ///< why it does not match
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {"a part of the members", [](Side& s) { return s.structure("t", 8, {{"a", s.u32_type(), 0}}); },
       [](Side& s) { return s.structure("t", 16, {{"b", s.u32_type(), 0}, {"a", s.u32_type(), 64}}); }, true,
       true},
      {"a member too many", [](Side& s) { return s.structure("t", 8, {{"x", s.u32_type(), 0}}); },
       [](Side& s) { return s.structure("t", 16, {{"a", s.u32_type(), 0}}); }, true, false,
       "struct t has no member `x` there"},
      {"members too many",
       [](Side& s) { return s.structure("t", 8, {{"a", s.u32_type(), 0}, {"y", s.u32_type(), 32}}); },
       [](Side& s) { return s.structure("t", 4, {{"a", s.u32_type(), 0}}); }, true, false,
       "struct t has no member `y` there"},
      {"a wider member",
       [](Side& s) { return s.structure("t", 8, {{"a", s.alias("n", s.integer("n", 4)), 0}}); },
       [](Side& s) { return s.structure("t", 8, {{"a", s.alias("n", s.integer("n", 8)), 0}}); }, true, false,
       "member `a`: `n` differs in its members, size or sign"},
      {"a member of another kind", [](Side& s) { return s.structure("t", 8, {{"a", s.u32_type(), 0}}); },
       [](Side& s) { return s.structure("t", 8, {{"a", s.pointer(), 0}}); }, true, false,
       "member `a`: `unsigned int` is `void *` there"},
      {"structs behind pointers by name only",
       [](Side& s) {
         return s.structure("t", 8, {{"p", s.pointer(s.structure("u", 4, {{"x", s.u32_type(), 0}})), 0}});
       },
       [](Side& s) { return s.structure("t", 8, {{"p", s.pointer(s.structure("u", 4, {})), 0}}); }, true,
       true},
      {"a declaration for a struct behind a pointer",
       [](Side& s) { return s.structure("t", 8, {{"p", s.pointer(s.structure("u", 4, {})), 0}}); },
       [](Side& s) { return s.structure("t", 8, {{"p", s.pointer(s.edit.add_fwd("u", Kind::struct_)), 0}}); },
       true, true},
      {"a union's declaration for a struct",
       [](Side& s) { return s.structure("t", 8, {{"p", s.pointer(s.structure("u", 4, {})), 0}}); },
       [](Side& s) { return s.structure("t", 8, {{"p", s.pointer(s.edit.add_fwd("u", Kind::union_)), 0}}); },
       true, false, "member `p`: "},
      {"arrays of one length", [](Side& s) { return s.alias("t", s.array(s.u32_type(), 4)); },
       [](Side& s) { return s.alias("t", s.array(s.u32_type(), 4)); }, true, true},
      {"arrays of two lengths", [](Side& s) { return s.alias("t", s.array(s.u32_type(), 4)); },
       [](Side& s) { return s.alias("t", s.array(s.u32_type(), 5)); }, true, false,
       "`unsigned int [4]` is `unsigned int [5]` there"},
      {"an enum's values by name", [](Side& s) { return s.enumeration("t", {{"A", 1}}); },
       [](Side& s) { return s.enumeration("t", {{"B", 1}, {"A", 7}}); }, true, true},
      {"an enum without the value", [](Side& s) { return s.enumeration("t", {{"A", 1}}); },
       [](Side& s) { return s.enumeration("t", {{"B", 1}, {"C", 7}}); }, true, false,
       "enum t has no value `A` there"},
      {"enums of two widths", [](Side& s) { return s.enumeration("t", {{"A", 1}}); },
       [](Side& s) { return s.wide_enumeration("t", {{"A", 1}}); }, true, false, "differs"},
      {"function pointers alike",
       [](Side& s) { return s.alias("t", s.pointer(s.prototype(s.int_type(), {{"a", s.u32_type()}}))); },
       [](Side& s) { return s.alias("t", s.pointer(s.prototype(s.int_type(), {{"b", s.u32_type()}}))); },
       true, true},
      {"function pointers with one parameter more",
       [](Side& s) { return s.alias("t", s.pointer(s.prototype(s.int_type(), {{"a", s.u32_type()}}))); },
       [](Side& s) {
         return s.alias("t",
                        s.pointer(s.prototype(s.int_type(), {{"a", s.u32_type()}, {"b", s.u32_type()}})));
       },
       false, false, "there"},
      {"function pointers with a pointer for a number",
       [](Side& s) { return s.alias("t", s.pointer(s.prototype(0, {{"a", s.u32_type()}}))); },
       [](Side& s) { return s.alias("t", s.pointer(s.prototype(0, {{"a", s.pointer()}}))); }, false, false,
       "there"},
      {"a number behind a name for a pointer", [](Side& s) { return s.alias("t", s.u64_type()); },
       [](Side& s) { return s.alias("t", s.pointer()); }, false, false, "`unsigned long` is `void *` there"},
      {"numbers of two widths behind a name", [](Side& s) { return s.alias("t", s.u32_type()); },
       [](Side& s) { return s.alias("t", s.u64_type()); }, true, false,
       "`unsigned int` is `unsigned long` there"},
  };
  return all;
}

TEST(TypeExists, IsLoose) {
  for (const Row& row : rows()) {
    World world;
    const u32 own = row.local(world.local);
    row.kernel(world.kernel);
    EXPECT_EQ(world.answer(world.record(BPF_CORE_TYPE_EXISTS, own)), row.exists ? 1 : 0) << row.what;
  }
}

TEST(TypeMatches, IsStrictAndSaysWhy) {
  for (const Row& row : rows()) {
    World world;
    const u32 own = row.local(world.local);
    row.kernel(world.kernel);
    const auto record = world.record(BPF_CORE_TYPE_MATCHES, own);
    EXPECT_EQ(world.answer(record), row.matches ? 1 : 0) << row.what;
    EXPECT_THAT(tell(world.engine(), record).reason, HasSubstr(row.why)) << row.what;
  }
}

}  // namespace
}  // namespace skep::co_re::test

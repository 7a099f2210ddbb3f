// What the engine answers, kind by kind.
#include "co_re/builder.h"

namespace skep::co_re::test {
namespace {

using ::testing::HasSubstr;
constexpr u64 poison = ~u64{0};

TEST(Field, MovedMemberIsFoundByName) {
  World world;
  const u32 own = world.local.structure(
      "task", 16, {{"a", world.local.u64_type(), 0}, {"b", world.local.u32_type(), 64}});
  world.kernel.structure("task", 24,
                         {{"pad", world.kernel.u64_type(), 0},
                          {"b", world.kernel.u32_type(), 64},
                          {"a", world.kernel.u64_type(), 128}});
  struct Row {
    u32 kind;
    std::string_view access;
    u64 answer;
  };
  const std::vector<Row> rows = {
      {BPF_CORE_FIELD_BYTE_OFFSET, "0:0", 16}, {BPF_CORE_FIELD_BYTE_OFFSET, "0:1", 8},
      {BPF_CORE_FIELD_BYTE_OFFSET, "0", 0},    {BPF_CORE_FIELD_BYTE_OFFSET, "2:0", 2 * 24 + 16},
      {BPF_CORE_FIELD_BYTE_SIZE, "0:0", 8},    {BPF_CORE_FIELD_BYTE_SIZE, "0", 24},
      {BPF_CORE_FIELD_EXISTS, "0:1", 1},       {BPF_CORE_FIELD_SIGNED, "0:1", 0},
      {BPF_CORE_FIELD_LSHIFT_U64, "0:1", 32},  {BPF_CORE_FIELD_RSHIFT_U64, "0:1", 32},
      {BPF_CORE_TYPE_SIZE, "0", 24},           {BPF_CORE_TYPE_EXISTS, "0", 1},
  };
  std::vector<CoreRelocation> records;
  for (const Row& row : rows) {
    records.push_back(world.record(row.kind, own, row.access));
  }
  world.engine().announce(records);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(world.answer(records[i]), rows[i].answer) << kind_text(rows[i].kind) << " " << rows[i].access;
  }
}

TEST(Field, WhatIsMissingPoisonsAndQuestionsAnswerZero) {
  World world;
  const u32 own = world.local.structure("task", 8, {{"gone", world.local.u64_type(), 0}});
  const u32 none = world.local.structure("nowhere", 8, {{"a", world.local.u64_type(), 0}});
  const u32 colours = world.local.enumeration("colour", {{"RED", 1}, {"GREEN", 2}});
  world.kernel.structure("task", 8, {{"stays", world.kernel.u64_type(), 0}});
  world.kernel.enumeration("colour", {{"RED", 3}});
  struct Row {
    u32 kind, type;
    std::string_view access;
    u64 answer;
  };
  const std::vector<Row> rows = {
      {BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0", poison},
      {BPF_CORE_FIELD_BYTE_SIZE, own, "0:0", poison},
      {BPF_CORE_FIELD_EXISTS, own, "0:0", 0},
      {BPF_CORE_FIELD_SIGNED, own, "0:0", poison},
      {BPF_CORE_FIELD_LSHIFT_U64, own, "0:0", poison},
      {BPF_CORE_FIELD_RSHIFT_U64, own, "0:0", poison},
      {BPF_CORE_FIELD_EXISTS, none, "0:0", 0},
      {BPF_CORE_TYPE_EXISTS, none, "0", 0},
      {BPF_CORE_TYPE_SIZE, none, "0", 0},
      {BPF_CORE_TYPE_ID_TARGET, none, "0", 0},
      {BPF_CORE_TYPE_MATCHES, none, "0", 0},
      {BPF_CORE_TYPE_ID_LOCAL, none, "0", none},
      {BPF_CORE_ENUMVAL_EXISTS, colours, "1", 0},
      {BPF_CORE_ENUMVAL_VALUE, colours, "1", poison},
      {BPF_CORE_ENUMVAL_EXISTS, colours, "0", 1},
      {BPF_CORE_ENUMVAL_VALUE, colours, "0", 3},
  };
  std::vector<CoreRelocation> records;
  for (const Row& row : rows) {
    records.push_back(world.record(row.kind, row.type, row.access));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(world.answer(records[i]), rows[i].answer) << kind_text(rows[i].kind);
  }
}

TEST(Field, FlavoursAndAnonymousMembersDoNotCount) {
  World world;
  Side& local = world.local;
  const u32 inner = local.either({}, 8, {{"x", local.u64_type(), 0}, {"y", local.u32_type(), 0}});
  const u32 own = local.structure("thing___mine", 16, {{"pad", local.u64_type(), 0}, {{}, inner, 64}});
  Side& kernel = world.kernel;
  const u32 deep = kernel.structure({}, 8, {{"other", kernel.u32_type(), 0}, {"y", kernel.u32_type(), 32}});
  const u32 middle = kernel.either({}, 8, {{{}, deep, 0}});
  kernel.structure("thing", 24, {{"first", kernel.u64_type(), 0}, {{}, middle, 128}});
  const auto record = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:1:1");
  const Resolution* made = world.resolve(record);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->before.number, 8);
  EXPECT_EQ(made->after.number, 20);
  EXPECT_EQ(access_text(world.engine().local(), made->local), "struct thing___mine::y");
  ASSERT_EQ(made->matches.size(), 1u);
  EXPECT_EQ(made->matches[0].access.members.size(), 3u) << "anonymous ones too";
}

TEST(Field, ArraysHaveBoundsUnlessTheyEndTheirStruct) {
  World world;
  Side& local = world.local;
  const u32 own = local.structure("s", 128,
                                  {{"fixed", local.array(local.u32_type(), 16), 0},
                                   {"grown", local.array(local.u32_type(), 16), 512},
                                   {"flexible", local.array(local.u64_type(), 0), 1024}});
  Side& kernel = world.kernel;
  kernel.structure("s", 200,
                   {{"flexible", kernel.array(kernel.u64_type(), 32), 320},
                    {"fixed", kernel.array(kernel.u32_type(), 8), 64},
                    {"grown", kernel.array(kernel.u32_type(), 0), 1600}});
  struct Row {
    std::string_view access;
    u64 answer;
  };
  const std::vector<Row> rows = {
      {"0:0:7", 8 + 28}, {"0:0:8", poison}, {"0:1:15", 200 + 60}, {"0:2:31", 40 + 248}, {"0:2:32", poison}};
  std::vector<CoreRelocation> records;
  for (const Row& row : rows) {
    records.push_back(world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, row.access));
  }
  const auto beyond = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0:16");
  const auto sign = world.record(BPF_CORE_FIELD_SIGNED, own, "0:0:1");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(world.answer(records[i]), rows[i].answer) << rows[i].access;
  }
  EXPECT_THAT(world.refusal(beyond), HasSubstr("want number 16 of unsigned int [16], which has 16"));
  EXPECT_THAT(world.refusal(sign), HasSubstr("asks an array element for its sign"));
}

TEST(Field, BitfieldsGiveTheLoadThatReadsThemInEitherByteOrder) {
  struct Row {
    std::endian order;
    u32 kind;
    u64 answer;
  };
  // 7 bits at bit 37 of a u32: the load is the second word; on big-endian machines bits count from the highest.
  const std::vector<Row> rows = {
      {std::endian::little, BPF_CORE_FIELD_BYTE_OFFSET, 4},
      {std::endian::little, BPF_CORE_FIELD_BYTE_SIZE, 4},
      {std::endian::little, BPF_CORE_FIELD_LSHIFT_U64, 52},
      {std::endian::little, BPF_CORE_FIELD_RSHIFT_U64, 57},
      {std::endian::big, BPF_CORE_FIELD_BYTE_OFFSET, 4},
      {std::endian::big, BPF_CORE_FIELD_LSHIFT_U64, 32 + 5},
      {std::endian::big, BPF_CORE_FIELD_RSHIFT_U64, 57},
      {std::endian::little, BPF_CORE_FIELD_SIGNED, 0},
  };
  for (const Row& row : rows) {
    World world;
    const u32 own = world.local.structure("s", 4, {{"f", world.local.u32_type(), 0, 3}});
    world.kernel.structure("s", 8, {{"f", world.kernel.u32_type(), 37, 7}});
    const auto record = world.record(row.kind, own, "0:0");
    const auto made = world.engine(row.order).resolve(record);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_EQ((*made)->after.number, row.answer) << kind_text(row.kind);
    EXPECT_EQ((*made)->before.is_certain,
              row.kind == BPF_CORE_FIELD_SIGNED || row.kind == BPF_CORE_FIELD_RSHIFT_U64);
  }
}

TEST(Field, BitfieldAcrossItsUnitTakesAWiderLoadAndOneThatNoLoadReadsIsRefused) {
  World world;
  const u32 own = world.local.structure(
      "s", 4, {{"f", world.local.u32_type(), 0, 3}, {"g", world.local.u32_type(), 8, 3}});
  world.kernel.structure("s", 16,
                         {{"f", world.kernel.u32_type(), 30, 8}, {"g", world.kernel.u64_type(), 60, 8}});
  const auto offset = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0");
  const auto size = world.record(BPF_CORE_FIELD_BYTE_SIZE, own, "0:0");
  const auto wide = world.record(BPF_CORE_FIELD_BYTE_SIZE, own, "0:1");
  EXPECT_EQ(world.answer(offset), 0);
  EXPECT_EQ(world.answer(size), 8);
  EXPECT_THAT(world.refusal(wide), HasSubstr("8 bits at bit 60, which no load of up to 8 bytes can read"));
}

TEST(Field, TypesThatCannotBeReadAsTheLocalOneAreNoMatch) {
  struct Row {
    std::string_view what;
    u32 (*local)(Side&);
    u32 (*kernel)(Side&);
    bool fits;
  };
  constexpr auto number = [](Side& side) { return side.u32_type(); };
  constexpr auto pointer = [](Side& side) { return side.pointer(); };
  const std::vector<Row> rows = {
      {"int and wider int", number, [](Side& side) { return side.u64_type(); }, true},
      {"int and signed int", number, [](Side& side) { return side.int_type(); }, true},
      {"int behind a typedef and const", number,
       [](Side& side) { return side.alias("word", side.constant(side.u32_type())); }, true},
      {"int and pointer", number, pointer, false},
      {"pointer and pointer to another", pointer, [](Side& side) { return side.pointer(side.u32_type()); },
       true},
      {"int and enum", number, [](Side& side) { return side.enumeration("e", {{"A", 1}}); }, false},
      {"struct and union", [](Side& side) { return side.structure("a", 4, {}); },
       [](Side& side) { return side.either("b", 8, {}); }, true},
      {"array and longer array", [](Side& side) { return side.array(side.u32_type(), 2); },
       [](Side& side) { return side.array(side.u64_type(), 9); }, true},
      {"array and array of pointers", [](Side& side) { return side.array(side.u32_type(), 2); },
       [](Side& side) { return side.array(side.pointer(), 2); }, false},
      {"enums of one name", [](Side& side) { return side.enumeration("e___mine", {{"A", 1}}); },
       [](Side& side) { return side.wide_enumeration("e", {{"B", 1}}); }, true},
      {"enums of two names", [](Side& side) { return side.enumeration("e", {{"A", 1}}); },
       [](Side& side) { return side.enumeration("f", {{"A", 1}}); }, false},
      {"enum and one without name", [](Side& side) { return side.enumeration("e", {{"A", 1}}); },
       [](Side& side) { return side.enumeration({}, {{"A", 1}}); }, true},
      {"float and wider float", [](Side& side) { return side.edit.add_float("float", 4); },
       [](Side& side) { return side.edit.add_float("double", 8); }, true},
      {"declared struct and another", [](Side& side) { return side.edit.add_fwd("a", Kind::struct_); },
       [](Side& side) { return side.edit.add_fwd("b", Kind::struct_); }, false},
  };
  for (const Row& row : rows) {
    World world;
    const u32 own = world.local.structure("s", 64, {{"f", row.local(world.local), 0}});
    world.kernel.structure("s", 64, {{"f", row.kernel(world.kernel), 64}});
    const auto record = world.record(BPF_CORE_FIELD_EXISTS, own, "0:0");
    EXPECT_EQ(world.answer(record), row.fits ? 1 : 0) << row.what;
  }
}

TEST(Field, SignIsThatOfTheKernelsType) {
  World world;
  const u32 own = world.local.structure("s", 16,
                                        {{"a", world.local.u32_type(), 0},
                                         {"b", world.local.enumeration("e", {{"A", 1}}), 32},
                                         {"c", world.local.pointer(), 64}});
  world.kernel.structure("s", 16,
                         {{"a", world.kernel.int_type(), 0},
                          {"b", world.kernel.enumeration("e", {{"A", -1}}), 32},
                          {"c", world.kernel.pointer(), 64}});
  std::vector<CoreRelocation> records;
  for (const std::string_view access : {"0:0", "0:1", "0:2"}) {
    records.push_back(world.record(BPF_CORE_FIELD_SIGNED, own, access));
  }
  EXPECT_EQ(world.answer(records[0]), 1);
  EXPECT_EQ(world.answer(records[1]), 1);
  EXPECT_EQ(world.answer(records[2]), 0);
}

TEST(Field, PointersOfA32BitKernelHaveFourBytes) {
  World world;
  const u32 own = world.local.structure("s", 8, {{"p", world.local.pointer(), 0}});
  world.kernel.integer("long unsigned int", 4);
  world.kernel.structure("s", 8, {{"p", world.kernel.pointer(), 32}});
  const auto record = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0");
  const Resolution* made = world.resolve(record);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->before.access_bytes, 8u);
  EXPECT_EQ(made->after.access_bytes, 4u);
  EXPECT_FALSE(made->changes_meaning);
}

TEST(Enumerator, ValuesOfEitherWidthAndSign) {
  World world;
  const u32 narrow = world.local.enumeration("n", {{"A", 1}, {"B___mine", 2}});
  const u32 wide = world.local.wide_enumeration("w", {{"C", 1, false}});
  world.kernel.wide_enumeration("n", {{"A", s64{1} << 40, false}, {"B", 5, false}});
  world.kernel.enumeration("w", {{"C", -3}});
  const auto a = world.record(BPF_CORE_ENUMVAL_VALUE, narrow, "0");
  const auto b = world.record(BPF_CORE_ENUMVAL_VALUE, narrow, "1");
  const auto c = world.record(BPF_CORE_ENUMVAL_VALUE, wide, "0");
  const auto beyond = world.record(BPF_CORE_ENUMVAL_VALUE, wide, "1");
  EXPECT_EQ(world.answer(a), u64{1} << 40);
  EXPECT_EQ(world.answer(b), 5);
  EXPECT_EQ(world.answer(c), static_cast<u64>(s64{-3}));
  EXPECT_THAT(world.refusal(beyond), HasSubstr("want number 1 of enum w, which has 1"));
}

TEST(Candidates, ThatFitMustAgree) {
  World world;
  const u32 own = world.local.structure("s", 8, {{"a", world.local.u32_type(), 0}});
  const u32 same = world.local.structure("t", 8, {{"a", world.local.u32_type(), 0}});
  world.kernel.structure("s", 8, {{"a", world.kernel.u32_type(), 0}});
  world.kernel.structure("s___2", 8, {{"a", world.kernel.u32_type(), 32}});
  world.kernel.structure("t", 8, {{"a", world.kernel.u32_type(), 32}});
  world.kernel.structure("t", 8, {{"a", world.kernel.u32_type(), 32}, {"b", world.kernel.u32_type(), 0}});
  const auto differ = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0");
  const auto size = world.record(BPF_CORE_FIELD_BYTE_SIZE, own, "0:0");
  const auto agree = world.record(BPF_CORE_FIELD_BYTE_OFFSET, same, "0:0");
  const auto id = world.record(BPF_CORE_TYPE_ID_TARGET, same, "0");
  EXPECT_THAT(world.refusal(differ),
              HasSubstr("several types of the kernel fit and disagree: bit offset 0 by vmlinux's type"));
  EXPECT_THAT(world.refusal(size), HasSubstr("bit offset")) << "also where the sizes are equal";
  EXPECT_EQ(world.answer(agree), 4);
  EXPECT_EQ(world.resolve(agree)->matches.size(), 2u);
  EXPECT_THAT(world.refusal(id), HasSubstr("disagree: the value"));
}

TEST(Candidates, ThoseThatDidNotFitOnceAreLeftOutForTheSameType) {
  World world;
  const u32 own =
      world.local.structure("s", 8, {{"a", world.local.u32_type(), 0}, {"b", world.local.u32_type(), 32}});
  const u32 other = world.local.structure("s___other", 8, {{"b", world.local.u32_type(), 0}});
  world.kernel.structure("s", 8, {{"a", world.kernel.u32_type(), 32}});
  world.kernel.structure("s___2", 8, {{"b", world.kernel.u32_type(), 32}});
  const auto first = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0");
  const auto second = world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:1");
  const auto fresh = world.record(BPF_CORE_FIELD_BYTE_OFFSET, other, "0:0");
  EXPECT_EQ(world.answer(first), 4);
  EXPECT_EQ(world.answer(second), poison);
  EXPECT_EQ(world.answer(fresh), 4) << "another local type has its own list";
  EXPECT_THAT(tell(world.engine(), second).reason, HasSubstr("fits, and is left out"));
}

TEST(Candidates, ModulesAreAskedOnlyWhenTheKernelHasNoSuchName) {
  World world;
  const u32 known = world.local.structure("known", 8, {{"a", world.local.u32_type(), 0}});
  const u32 only = world.local.structure("only_there", 8, {{"a", world.local.u32_type(), 0}});
  world.kernel.structure("known", 8, {{"b", world.kernel.u32_type(), 0}});
  const u32 number = world.kernel.u32_type();
  world.module("one", [&](Side& module) {
    module.structure("known", 8, {{"a", number, 32}});
    module.structure("only_there", 16, {{"a", number, 64}});
  });
  world.module("two", [&](Side& module) { module.structure("only_there", 16, {{"a", number, 64}}); });
  const auto in_kernel = world.record(BPF_CORE_FIELD_BYTE_OFFSET, known, "0:0");
  const auto in_module = world.record(BPF_CORE_FIELD_BYTE_OFFSET, only, "0:0");
  EXPECT_EQ(world.answer(in_kernel), poison);
  EXPECT_EQ(world.answer(in_module), 8);
  ASSERT_EQ(world.resolve(in_module)->matches.size(), 2u);
  EXPECT_EQ(world.resolve(in_module)->matches[1].target->name, "two");
}

TEST(Candidates, KindsCount) {
  World world;
  const u32 own = world.local.structure("s", 8, {});
  const u32 alias = world.local.alias("word", world.local.u32_type());
  const u32 nameless = world.local.structure({}, 8, {});
  world.kernel.either("s", 8, {});
  world.kernel.alias("word", world.kernel.u64_type());
  const auto as_struct = world.record(BPF_CORE_TYPE_EXISTS, own);
  const auto as_alias = world.record(BPF_CORE_TYPE_SIZE, alias);
  const auto without_name = world.record(BPF_CORE_TYPE_EXISTS, nameless);
  EXPECT_EQ(world.answer(as_struct), 0);
  EXPECT_EQ(world.answer(as_alias), 8);
  EXPECT_THAT(world.refusal(without_name), HasSubstr("has no name to look it up by"));
}

}  // namespace
}  // namespace skep::co_re::test

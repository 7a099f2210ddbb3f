#include "btf/value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "btf/declare.h"
#include "btf/edit.h"
#include "btf/fixture.h"
#include "btf/value_parse.h"

namespace skep::btf::test {
namespace {

using ::testing::HasSubstr;

struct Declared {
  std::string_view name;
  Kind kind;
  std::string_view text;
};

TEST(Declare, WritesTypesAsCDoes) {
  const Btf btf = host_btf();
  const auto cases = std::to_array<Declared>({
      {"first_node", Kind::var, "struct node first_node"},
      {"flags", Kind::var, "const volatile enum flags flags"},
      {"counter", Kind::var, "volatile u64 counter"},
      {"_license", Kind::var, "char _license[4]"},
      {"helper", Kind::func, "int helper(struct pair *pair)"},
      {"other", Kind::func, "int other(void *ctx)"},
  });
  for (const Declared& row : cases) {
    EXPECT_EQ(declaration(btf, btf.find(row.name, row.kind).value()), row.text);
  }
}

TEST(Declare, DefinesAStructWithAllItsMembers) {
  const Btf btf = host_btf();
  EXPECT_EQ(definition(btf, btf.find("node", Kind::struct_).value()),
            "struct node {\n"
            "\tstruct node *next;\n"
            "\tint (*visit)(struct node *, const char *, ...);\n"
            "\tstruct opaque *secret;\n"
            "\tchar name[16];\n"
            "\tu32 low : 3;\n"
            "\tint high : 29;\n"
            "\t_Bool on;\n"
            "\tenum color color;\n"
            "\tunion number number;\n"
            "\tstruct {\n"
            "\t\tshort x;\n"
            "\t\tshort y;\n"
            "\t};\n"
            "\tconst volatile u32 grid[2][3];\n"
            "};");
  EXPECT_EQ(definition(btf, btf.find("color", Kind::enum_).value()),
            "enum color {\n\tRED = 0,\n\tGREEN = 5,\n\tBLUE = -3,\n};");
  EXPECT_EQ(definition(btf, btf.find("u64", Kind::typedef_).value()), "typedef unsigned long long u64;");
}

/// The bytes of the fixture's `.data` section, and its BTF with the offsets of variables filled in from the symbols.
struct Data {
  Object object = host_object();
  elf::File file = elf::File::parse(object.bytes.span()).value();
  Btf btf = filled_in();

  Btf filled_in() const {
    const Btf raw = Btf::parse(object.btf).value();
    BtfEditor editor(raw);
    const u32 id = raw.find(".data", Kind::datasec).value();
    const Type section = raw.type(id);
    for (u32 i = 0; i < section.vlen(); ++i) {
      const std::string_view name = raw.type(section.section_variable(i).type_id).name();
      for (const elf::Symbol& symbol : file.symbols()) {
        if (symbol.name == name) {
          editor.set_datasec_variable_offset(id, i, static_cast<u32>(symbol.value));
        }
      }
    }
    editor.set_datasec_size(id, static_cast<u32>(file.find_section(".data")->size));
    return editor.finish().value();
  }
};

TEST(Value, ReadsWhatTheCompilerInitialised) {
  const Data data;
  const auto text = format(data.btf, data.btf.find(".data", Kind::datasec).value(),
                           data.file.find_section(".data")->bytes.span());
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text,
            "{.first_node = {.next = 0x0, .visit = 0x0, .secret = 0x0, .name = \"first\", .low = 5, .high = "
            "-2, .on = true, "
            ".color = BLUE, .number = {.whole = 7, .halves = {.first = 7, .second = 0}, .bytes = {7, 0, 0, "
            "0, 0, 0, 0, 0}}, "
            ".x = -1, .y = 2, .grid = {{0, 0, 0}, {0, 0, 0}}}, .packed = {.tag = 1, .value = 2}, .ratio = "
            "0.5, .half = 0.25, "
            ".big = 0xffffffffffffffffffffffffffffffff, .wide = HUGE_VALUE}");
}

TEST(Value, TextReadsBackAsTheSameBytes) {
  const Data data;
  const u32 id = data.btf.find(".data", Kind::datasec).value();
  const auto bytes = data.file.find_section(".data")->bytes.span();
  const std::string text = format(data.btf, id, bytes).value();
  std::vector<std::byte> back(bytes.size());
  const auto parsed = parse_into(data.btf, id, text, back);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_TRUE(std::ranges::equal(back, bytes));
}

TEST(Value, WhatLiesBehindAStringsEndIsShownOnlyWhereItIsWanted) {
  BtfEditor editor;
  const u32 int_id = editor.add_int("int", 4, BTF_INT_SIGNED);
  const u32 char_id = editor.add_int("char", 1, BTF_INT_SIGNED);
  const u32 text = editor.add_array(char_id, int_id, 8);
  const Btf btf = editor.finish().value();
  struct Case {
    std::string_view bytes;
    std::string_view whole;
    std::string_view until_nul;
  };
  using namespace std::string_view_literals;
  for (const Case& one : {Case{"/bin\0on3"sv, "/bin\0on3"sv, "/bin"}, Case{"/bin\0\0\0\0"sv, "/bin", "/bin"},
                          Case{"\0bcdefg\0"sv, "\0bcdefg"sv, ""}, Case{"abcdefgh", "abcdefgh", "abcdefgh"},
                          Case{"\0\0\0\0\0\0\0\0"sv, "", ""}}) {
    const auto bytes = std::as_bytes(std::span(one.bytes));
    EXPECT_EQ(std::get<std::string>(decode(btf, text, bytes)->data), one.whole);
    EXPECT_EQ(std::get<std::string>(decode(btf, text, bytes, Strings::until_nul)->data), one.until_nul);
    EXPECT_EQ(format(btf, text, bytes, 16, Strings::until_nul).value(), cat("\"", one.until_nul, "\""));
  }
}

TEST(Value, TheTreeKeepsKindsApart) {
  const Data data;
  const auto tree = decode(data.btf, data.btf.find(".data", Kind::datasec).value(),
                           data.file.find_section(".data")->bytes.span());
  ASSERT_TRUE(tree);
  const auto& variables = std::get<Value::Fields>(tree->data);
  const auto& node = std::get<Value::Fields>(variables[0].value.data);
  EXPECT_EQ(std::get<Word>(node[0].value.data).text, "0x0");
  EXPECT_EQ(std::get<std::string>(node[3].value.data), "first");
  EXPECT_EQ(std::get<u64>(node[4].value.data), 5u);
  EXPECT_EQ(std::get<s64>(node[5].value.data), -2);
  EXPECT_EQ(std::get<bool>(node[6].value.data), true);
  EXPECT_EQ(std::get<double>(variables[2].value.data), 0.5);
}

TEST(Value, ShortBytesAreAnError) {
  const Btf btf = host_btf();
  const std::vector<std::byte> bytes(95);
  const auto value = decode(btf, btf.find("node", Kind::struct_).value(), bytes);
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().code(), Errc::truncated);
  EXPECT_THAT(value.error().message(),
              HasSubstr("(STRUCT 'node'): want 96 bytes at offset 0 of the value, have 95"));
}

TEST(Value, StringsAreEscapedAndListsCut) {
  EXPECT_EQ(to_text({std::string("a\"\\\n\x01z\xff")}), "\"a\\\"\\\\\\n\\001z\\377\"");
  EXPECT_EQ(to_text({Value::List{{u64{1}}, {u64{2}}, {u64{3}}}}, 2), "{1, 2, ...}");
}

struct Set {
  std::string_view path;
  std::string_view text;
  std::string_view result;  // the whole variable afterwards, or a part of the error
};

/// Sets a place inside a zeroed `struct node` and returns the node's text, or the error.
std::string set_in_node(const Btf& btf, const Set& row) {
  const u32 node = btf.find("node", Kind::struct_).value();
  std::vector<std::byte> bytes(96);
  const auto place = resolve_path(btf, node, row.path);
  if (!place) {
    return place.error().message();
  }
  if (const auto done = parse_at(btf, *place, row.text, bytes); !done) {
    EXPECT_TRUE(std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; }))
        << "an error must write nothing";
    return done.error().message();
  }
  return format(btf, node, bytes).value();
}

TEST(ValueParse, SetsPartsByPath) {
  const Btf btf = host_btf();
  const auto cases = std::to_array<Set>({
      {".name", "\"ab\\n\"", ".name = \"ab\\n\""},
      {".name[1]", "'c'", ".name = \"\\000c\""},
      {"name", "{'a', 98}", ".name = \"ab\""},
      {".low", "7", ".low = 7, .high = 0"},
      {".high", "-268435456", ".low = 0, .high = -268435456"},
      {".on", "true", ".on = true"},
      {".on", "1", ".on = true"},
      {".color", "GREEN", ".color = GREEN"},
      {".color", "-3", ".color = BLUE"},
      {".color", "77", ".color = 77"},
      {".number.halves.second", "0x2a", ".halves = {.first = 0, .second = 42}"},
      {".number", "{.halves.second = 1}", ".halves = {.first = 0, .second = 1}"},
      {".number", "{052}", ".whole = 42"},
      {".x", "-32768", ".x = -32768"},
      {".grid[1][2]", "0b101", ".grid = {{0, 0, 0}, {0, 0, 5}}"},
      {".grid", "{{1, 2, 3}, {[1] = 4, 5},}", ".grid = {{1, 2, 3}, {0, 4, 5}}"},
      {".grid [ 1 ]", "{ }", ".grid = {{0, 0, 0}, {0, 0, 0}}"},
      {".next", "0xffff888000000000", ".next = 0xffff888000000000"},
      {"", "{.x = 1, 2, .low = 1, -1}", ".low = 1, .high = -1"},
      {"", "{.name = \"a,}b\", .y = 3}", ".name = \"a,}b\""},
  });
  for (const Set& row : cases) {
    EXPECT_THAT(set_in_node(btf, row), HasSubstr(row.result)) << row.path << " = " << row.text;
  }
}

TEST(ValueParse, EachRefusalSaysWhy) {
  const Btf btf = host_btf();
  const auto cases = std::to_array<Set>({
      {".nam", "", "path '.nam': .nam: no such member of BTF type 13 (STRUCT 'node'); did you mean name"},
      {".name[16]", "", "path '.name[16]': [16]: the array has 16 elements"},
      {".name[x]", "", "path '.name[x]': want a number between [ and ]"},
      {".name.x", "", "is not a struct or union"},
      {".low[0]", "", "is not an array"},
      {".low+", "", "want .name or [number] at '+'"},
      {".low", "8", "value '8', at 0: 8 does not fit unsigned int, an unsigned integer of 3 bits"},
      {".low", "-1", "-1 does not fit unsigned int"},
      {".high", "268435456", "does not fit int, a signed integer of 29 bits"},
      {".x", "32768", "does not fit short, a signed integer of 16 bits"},
      {".number.whole", "18446744073709551616", "does not fit unsigned long long"},
      {".number.whole", "0x1ffffffffffffffffffffffffffffffff", "does not fit 128 bits"},
      {".x", "1x", "want a number for short, have '1x'"},
      {".x", "", "want a number for short, have ''"},
      {".x", "1 2", "want the end, have '2'"},
      {".on", "2", "want true or false for _Bool, have 2"},
      {".color", "GREN", "'GREN' is not in enum color; did you mean GREEN"},
      {".name", "\"seventeen letters\"", "a string of 17 bytes does not fit char[16]"},
      {".name", "\"open", "want one string in quotes"},
      {".name", "\"\\q\"", "unknown escape \\q"},
      {".name", "5", "want {...} for BTF"},
      {".grid", "{{1, 2, 3, 4}}", "the array has 3 elements"},
      {".grid", "{{1 2}}", "want ',' or '}', have '2'"},
      {".grid", "{{1", "want ',' or '}', have ''"},
      {".number", "{1, 2}", "too many values for BTF"},
      {".number", "{.wole = 1}", "did you mean whole"},
      {".number", "{.whole}", "want '=' after a designator"},
  });
  for (const Set& row : cases) {
    EXPECT_THAT(set_in_node(btf, row), HasSubstr(row.result)) << row.path << " = " << row.text;
  }
}

TEST(ValueParse, SetsEveryScalar) {
  const Btf btf = host_btf();
  const auto cases = std::to_array<Set>({
      {"ratio", "-1.5e3", "-1500"},
      {"half", "0.25", "0.25"},
      {"big", "-2", "0xfffffffffffffffffffffffffffffffe"},
      {"big", "0x10000000000000000", "0x00000000000000010000000000000000"},
      {"wide", "HUGE_VALUE", "HUGE_VALUE"},
      {"flags", "HIGH", "HIGH"},
      {"flags", "3", "3"},
      {"counter", "18446744073709551615", "18446744073709551615"},
      {"_license", "\"full\"", "\"full\""},
  });
  for (const Set& row : cases) {
    const u32 id = btf.find(row.path, Kind::var).value();
    std::vector<std::byte> bytes(btf.size_bytes(id).value());
    const auto done = parse_into(btf, id, row.text, bytes);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(format(btf, id, bytes).value(), row.result);
  }
}

}  // namespace
}  // namespace skep::btf::test

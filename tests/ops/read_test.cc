// What reading finds in objects with struct_ops, arenas, jump tables and exception callbacks; and that damaged ones are refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/text.h"
#include "load/plan.h"
#include "ops/fixture.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string members_of(const ObjectSpec& spec, std::string_view map) {
  std::string text;
  for (const MemberSpec& member : spec.find_map(map)->members) {
    text += cat(member.offset, "=", spec.programs[member.program].name, " ");
  }
  return text;
}

TEST(ReadOps, EachVariableOfStructOpsIsAMap) {
  const ObjectSpec spec = read_ops("tcp");
  const MapSpec& plain = *spec.find_map("plain");
  EXPECT_EQ(plain.style, MapStyle::struct_ops);
  EXPECT_EQ(plain.type, BPF_MAP_TYPE_STRUCT_OPS);
  EXPECT_EQ(plain.flags, 0U);
  EXPECT_TRUE(plain.autocreate);
  EXPECT_EQ(spec.find_map("first")->flags, BPF_F_LINK);
  EXPECT_FALSE(spec.find_map("optional")->autocreate);
  EXPECT_EQ(members_of(spec, "next"), "16=next_init 24=ssthresh 32=cong_avoid 40=undo_cwnd ");
  EXPECT_EQ(members_of(spec, "optional"), "24=ssthresh 32=cong_avoid 40=undo_cwnd 56=of_tomorrow ");
  EXPECT_STREQ(reinterpret_cast<const char*>(plain.contents.bytes().data()), "skep_plain");
}

TEST(ReadOps, VariablesOfTheArenaBelongToIt) {
  ObjectSpec spec = read_ops("arena");
  const VariableSpec& seven = *spec.find_variable("seven");
  EXPECT_EQ(spec.maps[seven.map].type, BPF_MAP_TYPE_ARENA);
  EXPECT_EQ(seven.section, ".addr_space.1");
  EXPECT_TRUE(spec.set("seven", 8));
  EXPECT_EQ(spec.variable_bytes("seven")->size(), 4U);
}

TEST(ReadOps, ExceptionCallbacksAreFoundByTheirTag) {
  const ObjectSpec spec = read_ops("exception");
  ASSERT_TRUE(spec.find_program("throws")->exception_callback.has_value());
  EXPECT_EQ(spec.functions[*spec.find_program("throws")->exception_callback].name, "caught");
}

TEST(ReadOps, JumpTablesAreListsOfPlacesInTheCode) {
  const ObjectSpec spec =
      ObjectSpec::read_file(SKEP_SOURCE_DIR "/tests/fixtures/ops/jump_table.clang22.o").value();
  ASSERT_EQ(spec.jump_tables.size(), 1U);
  EXPECT_EQ(spec.jump_tables[0].targets.size(), 7U);
  const FunctionSpec& code = spec.code_of(spec.programs[0]);
  ASSERT_EQ(code.relocations.size(), 1U);
  EXPECT_EQ(code.relocations[0].kind, RelocationKind::jump_table);
  const host::Facts facts(host::KnownFacts{.page_bytes = 4096, .kernel_release = "7.3.0"});
  const load::LoadPlan plan = load::plan(spec, facts, "").value();
  ASSERT_EQ(plan.programs.at(0).jump_tables.size(), 1U);
  for (const u32 target : plan.programs[0].jump_tables[0].targets) {
    EXPECT_LT(target, code.insns.size());
  }
}

/// Every truncation and every flipped byte of an object gives an object or an error.
void damage(const std::string& path) {
  const auto file = FileBytes::open(path).value();
  std::vector<std::byte> bytes(file.span().begin(), file.span().end());
  for (std::size_t kept = 0; kept < bytes.size(); kept += 7) {
    static_cast<void>(ObjectSpec::read(std::span(bytes).first(kept), "cut"));
  }
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::byte had = bytes[at];
    for (const std::byte flip : {std::byte{0xff}, std::byte{0x01}}) {
      bytes[at] = had ^ flip;
      if (const auto spec = ObjectSpec::read(bytes, "flipped")) {
        const host::Facts facts(host::KnownFacts{.page_bytes = 4096, .kernel_release = "7.3.0"});
        static_cast<void>(load::plan(*spec, facts, ""));
      }
    }
    bytes[at] = had;
  }
}

TEST(ReadOps, DamagedObjectsAreRefusedOrRead) {
  for (const char* name : {"tcp", "arena", "exception"}) {
    damage(ops_object(name));
  }
  damage(SKEP_SOURCE_DIR "/tests/fixtures/ops/jump_table.clang22.o");
}

}  // namespace
}  // namespace skep

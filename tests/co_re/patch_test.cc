// Numbers put into instructions.
#include "co_re/builder.h"

namespace skep::co_re::test {
namespace {

using ::testing::HasSubstr;
using Code = std::vector<bpf_insn>;

Resolution from(u64 before, u64 after) {
  Resolution made;
  made.before.number = before;
  made.after.number = after;
  return made;
}
Resolution resized(u64 before, u32 old_bytes, u64 after, u32 new_bytes, bool changes_meaning = false) {
  Resolution made = from(before, after);
  made.before.access_bytes = old_bytes;
  made.after.access_bytes = new_bytes;
  made.changes_meaning = changes_meaning;
  return made;
}
Resolution poisoned() {
  Resolution made = from(8, 0);
  made.is_poison = true;
  return made;
}
Code wide(u64 value) {
  const auto pair = insn::ld_imm64(1, value);
  return {pair.begin(), pair.end()};
}
const bpf_insn bad = insn::call_helper(0xbad2310);

struct Row {
  std::string_view what;
  Code code;
  Resolution resolution;
  Code patched;
  Patched outcome = Patched::value;
};

TEST(Patch, RewritesConstantsOffsetsAndWidths) {
  const std::vector<Row> rows = {
      {"move", {insn::mov64_imm(1, 8)}, from(8, 24), {insn::mov64_imm(1, 24)}},
      {"addition", {insn::alu64_imm(BPF_ADD, 1, 8)}, from(8, 24), {insn::alu64_imm(BPF_ADD, 1, 24)}},
      {"32-bit shift", {insn::alu32_imm(BPF_LSH, 1, 8)}, from(8, 24), {insn::alu32_imm(BPF_LSH, 1, 24)}},
      {"negative enumerator", {insn::mov64_imm(1, -2)}, from(~u64{1}, ~u64{6}), {insn::mov64_imm(1, -7)}},
      {"load", {insn::ldx_mem(BPF_DW, 1, 2, 8)}, from(8, 24), {insn::ldx_mem(BPF_DW, 1, 2, 24)}},
      {"sign-extending load",
       {insn::ldx_memsx(BPF_W, 1, 2, 8)},
       from(8, 24),
       {insn::ldx_memsx(BPF_W, 1, 2, 24)}},
      {"store", {insn::stx_mem(BPF_W, 1, 2, 8)}, from(8, 24), {insn::stx_mem(BPF_W, 1, 2, 24)}},
      {"store of a constant", {insn::st_mem(BPF_B, 1, 8, 7)}, from(8, 24), {insn::st_mem(BPF_B, 1, 24, 7)}},
      {"narrower load",
       {insn::ldx_mem(BPF_DW, 1, 2, 8)},
       resized(8, 8, 24, 4),
       {insn::ldx_mem(BPF_W, 1, 2, 24)}},
      {"wider load", {insn::ldx_mem(BPF_B, 1, 2, 8)}, resized(8, 1, 24, 2), {insn::ldx_mem(BPF_H, 1, 2, 24)}},
      {"64-bit constant", wide(1), from(1, u64{5} << 32 | 6), wide(u64{5} << 32 | 6)},
      {"poisoned move", {insn::mov64_imm(1, 8)}, poisoned(), {bad}, Patched::poison},
      {"poisoned 64-bit constant", wide(8), poisoned(), {bad, bad}, Patched::poison},
      {"load of another meaning",
       {insn::ldx_mem(BPF_W, 1, 2, 8)},
       resized(8, 4, 24, 8, true),
       {bad},
       Patched::poison_for_meaning},
      {"offset as a constant of another meaning",
       {insn::mov64_imm(1, 8)},
       resized(8, 4, 24, 8, true),
       {insn::mov64_imm(1, 24)}},
  };
  for (const Row& row : rows) {
    Code code = row.code;
    const auto done = patch(code, 0, row.resolution);
    ASSERT_TRUE(done) << row.what << ": " << done.error().message();
    EXPECT_EQ(*done, row.outcome) << row.what;
    EXPECT_EQ(code, row.patched) << row.what;
  }
}

TEST(Patch, RefusesWhatDoesNotBelongTogetherAndLeavesItAlone) {
  struct Refusal {
    std::string_view what;
    Code code;
    Resolution resolution;
    std::string_view text;
    u32 at = 0;
  };
  const std::vector<Refusal> rows = {
      {"another constant", {insn::mov64_imm(1, 9)}, from(8, 24), "want 8 in the instruction"},
      {"another offset", {insn::ldx_mem(BPF_W, 1, 2, 9)}, from(8, 24), "want 8 in the instruction"},
      {"another 64-bit constant", wide(9), from(8, 24), "want 8 in the instruction"},
      {"two registers", {insn::mov64_reg(1, 2)}, from(8, 24), "one with two registers"},
      {"a far offset", {insn::ldx_mem(BPF_W, 1, 2, 8)}, from(8, 32768), "takes at most 32767"},
      {"an odd width", {insn::ldx_mem(BPF_W, 1, 2, 8)}, resized(8, 4, 24, 3), "the field has 3 bytes there"},
      {"a load of another width",
       {insn::ldx_mem(BPF_B, 1, 2, 8)},
       resized(8, 4, 24, 8),
       "want a load or store of 4 bytes"},
      {"a map", {insn::ld_map_fd(1, 3)[0], insn::ld_map_fd(1, 3)[1]}, from(3, 24), "want a 64-bit constant"},
      {"a jump", {insn::jump(8)}, from(8, 24), "want a constant, a load or a store"},
      {"half of a constant", {wide(8)[0]}, from(8, 24), "want instruction 0 whole"},
      {"beyond the end", {insn::mov64_imm(1, 8)}, from(8, 24), "want instruction 1 whole", 1},
  };
  for (const Refusal& row : rows) {
    Code code = row.code;
    const auto done = patch(code, row.at, row.resolution);
    ASSERT_FALSE(done) << row.what;
    EXPECT_THAT(done.error().message(), HasSubstr(row.text)) << row.what;
    EXPECT_EQ(code, row.code) << row.what;
  }
}

TEST(Patch, DoesNotJudgeBitfieldsAndTheUpperHalfOfNarrowEnums) {
  Resolution bitfield = from(8, 24);
  bitfield.before.is_certain = false;
  Code code = {insn::mov64_imm(1, 9)};
  EXPECT_TRUE(patch(code, 0, bitfield));
  Resolution value = from(static_cast<u64>(s64{-2}), static_cast<u64>(s64{-3}));
  value.before.is_32_bits = value.after.is_32_bits = true;
  code = wide(0xfffffffe);
  EXPECT_TRUE(patch(code, 0, value));
  EXPECT_EQ(code, wide(0xfffffffd)) << "widened by zeroes, as it was";
  code = wide(~u64{1});
  EXPECT_TRUE(patch(code, 0, value));
  EXPECT_EQ(code, wide(~u64{2})) << "widened by the sign, as it was";
}

TEST(Meaning, WideningIsForPointersAndUnsignedNumbersOnly) {
  struct Case {
    std::string_view what;
    u32 (*local)(Side&);
    u32 (*kernel)(Side&);
    bool changes;
  };
  constexpr auto number = [](Side& s) { return s.u32_type(); };
  const std::vector<Case> rows = {
      {"unsigned and wider", number, [](Side& s) { return s.u64_type(); }, false},
      {"unsigned and signed wider", number, [](Side& s) { return s.integer("long", 8, BTF_INT_SIGNED); },
       true},
      {"signed and wider", [](Side& s) { return s.int_type(); }, [](Side& s) { return s.u64_type(); }, true},
      {"signed of one width", [](Side& s) { return s.int_type(); }, [](Side& s) { return s.u32_type(); },
       false},
      {"structs of two sizes", [](Side& s) { return s.structure("a", 4, {}); },
       [](Side& s) { return s.structure("a", 8, {}); }, true},
  };
  for (const Case& row : rows) {
    World world;
    const u32 own = world.local.structure("s", 16, {{"f", row.local(world.local), 0}});
    world.kernel.structure("s", 16, {{"f", row.kernel(world.kernel), 64}});
    const Resolution* made = world.resolve(world.record(BPF_CORE_FIELD_BYTE_OFFSET, own, "0:0"));
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->changes_meaning, row.changes) << row.what;
  }
}

}  // namespace
}  // namespace skep::co_re::test

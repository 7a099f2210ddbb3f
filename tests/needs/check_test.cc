// Verdicts on kernels made by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/extern_fixture.h"
#include "needs/abilities.h"
#include "needs/kernel_literal.h"
#include "skep/uapi/flags.h"

namespace skep::needs {
namespace {

using load::add_data;
using load::add_function;
using load::add_map;
using load::add_program;
using load::call_helper;
using load::empty_object;
using load::leave;
using load::mov_imm;
using load::wide;
using load::wide_end;
using test::Literal;
using test::make_kernel;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr bpf_insn make(int code, int dst, int src, int off, int imm) {
  return {.code = static_cast<u8>(code),
          .dst_reg = static_cast<u8>(dst & 0xf),
          .src_reg = static_cast<u8>(src & 0xf),
          .off = static_cast<s16>(off),
          .imm = imm};
}

ObjectSpec object_of(std::vector<bpf_insn> insns, bpf_prog_type type = BPF_PROG_TYPE_SOCKET_FILTER) {
  ObjectSpec spec = empty_object();
  add_program(spec, add_function(spec, "prog", std::move(insns)), type);
  return spec;
}

Verdict verdict_of(const ObjectSpec& spec, const KernelTypes& kernel) {
  std::vector<Verdict> verdicts = check(spec, kernel);
  EXPECT_THAT(verdicts, SizeIs(1));
  return verdicts.empty() ? Verdict{} : std::move(verdicts.front());
}

void expect_fails(const ObjectSpec& spec, const KernelTypes& kernel, std::string_view rule,
                  std::string_view text) {
  const Verdict verdict = verdict_of(spec, kernel);
  EXPECT_FALSE(verdict.loads);
  EXPECT_THAT(verdict.reason, HasSubstr(std::string(text)));
  ASSERT_FALSE(verdict.findings.empty());
  EXPECT_EQ(verdict.findings.front().rule, rule);
  EXPECT_THAT(rules(), ::testing::Contains(::testing::Field(&Rule::id, rule)));
}

TEST(Check, AProgramThatAsksForNothingSpecialLoads) {
  const Verdict verdict = verdict_of(object_of({call_helper(5), mov_imm(0, 0), leave()}), make_kernel());
  EXPECT_TRUE(verdict.loads) << verdict.reason;
  EXPECT_EQ(verdict.kernel, "6.1.0-test");
  EXPECT_THAT(verdict.findings, IsEmpty());
  EXPECT_THAT(verdict.notes, IsEmpty());
}

TEST(Check, AHelperThatTheKernelLacksFails) {
  expect_fails(object_of({call_helper(181), leave()}), make_kernel(), "helper-missing",
               "no helper bpf_loop (since 5.17)");
}

TEST(Check, AHelperThatIsNotReachedIsGuarded) {
  const Verdict verdict = verdict_of(
      object_of({mov_imm(0, 0), make(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1, 0), call_helper(181), leave()}),
      make_kernel());
  EXPECT_TRUE(verdict.loads) << verdict.reason;
  ASSERT_THAT(verdict.findings, SizeIs(1));
  EXPECT_TRUE(verdict.findings[0].guarded);
  EXPECT_EQ(verdict.findings[0].where.insn, 2u);
}

TEST(Check, ManyThingsThatAreGuardedDoNotHideOneThatIsNot) {
  constexpr s16 many = 300;
  std::vector<bpf_insn> code = {mov_imm(0, 0), make(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, many, 0)};
  for (s32 i = 0; i < many; ++i) {
    code.push_back(call_helper(1000 + i));
  }
  code.insert(code.end(), {call_helper(181), leave()});
  expect_fails(object_of(std::move(code)), make_kernel(), "helper-missing", "bpf_loop");
}

TEST(Check, AVariableThatIsSetBeforeLoadingDecides) {
  ObjectSpec spec = empty_object();
  const u32 rodata = add_data(spec, ".rodata", 8, DataSection::rodata, BPF_F_RDONLY_PROG);
  const u32 function =
      add_function(spec, "prog",
                   {wide(1), wide_end(), make(BPF_LDX | BPF_MEM | BPF_W, 1, 1, 0, 0),
                    make(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1, 0), call_helper(181), mov_imm(0, 0), leave()},
                   {{.insn_index = 0, .kind = RelocationKind::map_value, .target = rodata, .offset = 4}});
  add_program(spec, function);
  EXPECT_TRUE(verdict_of(spec, make_kernel()).loads);
  spec.maps[rodata].contents.bytes()[4] = std::byte{1};
  expect_fails(spec, make_kernel(), "helper-missing", "bpf_loop");
}

TEST(Check, AHelperOfOtherProgramsFails) {
  Literal literal;
  literal.helpers.push_back({"BPF_FUNC_get_stackid", 27});
  literal.helpers.push_back({"BPF_FUNC_override_return", 58});
  expect_fails(object_of({call_helper(27), leave()}, BPF_PROG_TYPE_XDP), make_kernel(literal),
               "helper-not-allowed", "may not call helper bpf_get_stackid");
  expect_fails(object_of({call_helper(58), leave()}), make_kernel(literal), "helper-missing",
               "CONFIG_BPF_KPROBE_OVERRIDE");
}

TEST(Check, AProgramTypeThatIsTooNewOrLeftOutFails) {
  expect_fails(object_of({leave()}, BPF_PROG_TYPE_NETFILTER), make_kernel(), "program-type",
               "no programs of type netfilter (since 6.4)");
  expect_fails(object_of({leave()}, BPF_PROG_TYPE_LIRC_MODE2), make_kernel(), "program-type",
               "CONFIG_BPF_LIRC_MODE2");
}

TEST(Check, AMapThatCannotBeMadeFailsEveryProgram) {
  ObjectSpec spec = object_of({mov_imm(0, 0), leave()});
  add_map(spec, "events", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
  expect_fails(spec, make_kernel(), "map-type",
               "map 'events': this kernel has no maps of type ringbuf (since 5.8)");
  ObjectSpec flagged = object_of({mov_imm(0, 0), leave()});
  add_map(flagged, "table", BPF_MAP_TYPE_HASH, 4, 4, 16, BPF_F_TOKEN_FD);
  expect_fails(flagged, make_kernel(), "map-flag", "does not know BPF_F_TOKEN_FD (since 6.9)");
  flagged.maps[0].autocreate = false;
  EXPECT_TRUE(verdict_of(flagged, make_kernel()).loads) << "a map that is not made is not asked for";
}

TEST(Check, AnInstructionSetThatIsTooNewFails) {
  const bpf_insn divide = make(BPF_ALU64 | BPF_DIV | BPF_K, 0, 0, 1, 3);
  const bpf_insn extend = make(BPF_LDX | BPF_MEMSX | BPF_W, 0, 10, -4, 0);
  const bpf_insn skip = make(BPF_JMP | BPF_JA, 0, 0, 1, 0);
  expect_fails(object_of({mov_imm(0, 1), divide, leave()}), make_kernel(), "instruction-set",
               "signed division");
  EXPECT_TRUE(verdict_of(object_of({mov_imm(0, 1), skip, divide, leave()}), make_kernel()).loads);
  expect_fails(object_of({mov_imm(0, 1), skip, extend, leave()}), make_kernel(), "instruction-set",
               "sign-extending loads");
  EXPECT_TRUE(
      verdict_of(object_of({mov_imm(0, 1), skip, extend, leave()}), make_kernel({.release = "6.6.1"})).loads);
}

TEST(Check, SleepingIsForTheReleasesThatAllowIt) {
  ObjectSpec spec = object_of({mov_imm(0, 0), leave()}, BPF_PROG_TYPE_KPROBE);
  spec.programs[0].flags = BPF_F_SLEEPABLE;
  Literal literal{.release = "5.10.0"};
  literal.program_types.push_back({"BPF_PROG_TYPE_KPROBE", 2});
  expect_fails(spec, make_kernel(literal), "program-flag", "may sleep (since 6.0)");
  literal.release = "6.0.0";
  EXPECT_TRUE(verdict_of(spec, make_kernel(literal)).loads);
}

TEST(Check, WhatAttachingWillMissIsANote) {
  ObjectSpec spec = object_of({mov_imm(0, 0), leave()}, BPF_PROG_TYPE_KPROBE);
  spec.programs[0].expected_attach_type = BPF_TRACE_KPROBE_MULTI;
  Literal literal;
  literal.program_types.push_back({"BPF_PROG_TYPE_KPROBE", 2});
  const Verdict verdict = verdict_of(spec, make_kernel(literal));
  EXPECT_TRUE(verdict.loads);
  ASSERT_THAT(verdict.notes, SizeIs(1));
  EXPECT_THAT(verdict.notes[0], HasSubstr("no attach type trace_kprobe_multi (since 5.18)"));
}

TEST(Check, AnAttachTargetThatIsNotThereFails) {
  ObjectSpec spec = object_of({mov_imm(0, 0), leave()}, BPF_PROG_TYPE_TRACING);
  spec.programs[0].expected_attach_type = BPF_TRACE_FENTRY;
  spec.programs[0].needs_attach_target = true;
  spec.programs[0].attach_target = "do_nothing";
  Literal literal;
  literal.program_types.push_back({"BPF_PROG_TYPE_TRACING", 26});
  literal.attach_types.push_back({"BPF_TRACE_FENTRY", 24});
  expect_fails(spec, make_kernel(literal), "unresolved", "do_nothing");
  literal.functions.push_back("do_nothing");
  EXPECT_TRUE(verdict_of(spec, make_kernel(literal)).loads);
}

TEST(Check, AnOptionOfAConfigurationThatIsNotAtHandIsANote) {
  load::ObjectBuilder builder;
  builder.value("CONFIG_HZ", builder.int_type(), 4)
      .value("CONFIG_BPF", builder.bool_type(), 1)
      .value("CONFIG_LSM", builder.text_type(), 8);
  const ObjectSpec spec = builder.finish();
  KernelTypes kernel = make_kernel();
  for (const Verdict& verdict : check(spec, kernel)) {
    EXPECT_TRUE(verdict.loads) << verdict.reason;
    ASSERT_THAT(verdict.notes, SizeIs(1));
    EXPECT_THAT(verdict.notes[0], HasSubstr("the value of CONFIG_"));
  }
  kernel.kconfig = "CONFIG_HZ=250\n";
  const std::vector<Verdict> known = check(spec, kernel);
  ASSERT_THAT(known, SizeIs(3));
  EXPECT_TRUE(known[0].loads) << known[0].reason;
  EXPECT_THAT(known[0].notes, IsEmpty());
  EXPECT_FALSE(known[1].loads);
  EXPECT_THAT(known[1].reason, HasSubstr("has no such option"));
}

TEST(Check, AVariableWithoutATypeIsANoteWhateverItsName) {
  for (const std::string_view name : {"jiffies", "odd___name"}) {
    load::ObjectBuilder builder;
    builder.variable(std::string(name), 0);
    const Verdict verdict = verdict_of(builder.finish(), make_kernel());
    EXPECT_TRUE(verdict.loads) << verdict.reason;
    ASSERT_THAT(verdict.notes, SizeIs(1));
    EXPECT_THAT(verdict.notes[0], HasSubstr(cat("a symbol ", name)));
  }
}

TEST(Check, ProgramsThatAreNotLoadedHaveNoVerdict) {
  ObjectSpec spec = object_of({leave()});
  spec.programs[0].autoload = false;
  EXPECT_THAT(check(spec, make_kernel()), IsEmpty());
}

TEST(Abilities, AKernelWithoutAReleaseIsGuessedFromWhatItHas) {
  Literal literal{.release = ""};
  literal.helpers.push_back({"BPF_FUNC_loop", 181});
  EXPECT_EQ(guess_release(*make_kernel(literal).types), (Release{5, 17}));
  const Verdict verdict = verdict_of(object_of({mov_imm(0, 0), leave()}), make_kernel(literal));
  EXPECT_EQ(verdict.kernel, "like 5.17");
}

TEST(Abilities, TypesThatAreNoWholeKernelAreJudgedByTheReleaseAlone) {
  btf::BtfEditor editor;
  editor.add_int("int", 4, BTF_INT_SIGNED);
  const KernelTypes some{
      .release = "5.10.0", .types = std::make_shared<const btf::Btf>(editor.finish().value()), .kconfig = {}};
  expect_fails(object_of({call_helper(181), leave()}), some, "helper-missing", "bpf_loop");
  EXPECT_TRUE(verdict_of(object_of({call_helper(5), leave()}), some).loads);
  EXPECT_TRUE(left_out(Abilities(some.types, {5, 10}), BPF_PROG_TYPE_LIRC_MODE2).empty());
}

}  // namespace
}  // namespace skep::needs

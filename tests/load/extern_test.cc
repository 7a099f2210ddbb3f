// Planning with externs: what the kernel at hand gives, in instructions and in .kconfig; and words for what it does not give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "load/extern_fixture.h"
#include "load/plan.h"

namespace skep::load {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Kind = RelocationKind;

LoadPlan planned(const ObjectSpec& spec, host::KnownFacts known) {
  auto made = plan(spec, host::Facts(std::move(known)), "/sys/fs/bpf");
  EXPECT_TRUE(made) << made.error().message();
  return made ? std::move(*made) : LoadPlan{};
}

std::string error_of(const LoadPlan& plan, std::size_t program) {
  return plan.programs[program].error ? plan.programs[program].error->message() : std::string();
}

u64 wide_value(const ProgramPlan& program) {
  return static_cast<u32>(program.insns[0].imm) | u64{static_cast<u32>(program.insns[1].imm)} << 32;
}

template <class T>
T stored(const LoadPlan& plan, const ExternSpec& one) {
  T value{};
  std::memcpy(&value, plan.kconfig.data() + one.offset, sizeof value);
  return value;
}

TEST(PlanExterns, ConfigurationValuesFillTheirMap) {
  ObjectBuilder builder;
  builder.value("CONFIG_HZ", builder.int_type(), 4)
      .value("CONFIG_BPF", builder.bool_type(), 1)
      .value("CONFIG_NAME", builder.text_type(), 8)
      .value("CONFIG_OFF", builder.bool_type(), 1, true)
      .value("LINUX_KERNEL_VERSION", builder.int_type(), 4)
      .value("LINUX_SOMETHING_NEW", builder.int_type(), 4, true);
  const ObjectSpec spec = builder.finish();
  host::KnownFacts known = Kernel().known("6.12.30");
  known.given_config = "CONFIG_HZ=100\n";
  known.config =
      "CONFIG_HZ=250\nCONFIG_BPF=y\nCONFIG_NAME=\"a name that is long\"\n# CONFIG_OFF is not set\n";
  const LoadPlan plan = planned(spec, known);
  for (std::size_t i = 0; i < plan.programs.size(); ++i) {
    EXPECT_EQ(error_of(plan, i), "");
    ASSERT_EQ(plan.programs[i].map_slots.size(), 1) << i;
    EXPECT_EQ(plan.programs[i].map_slots[0].kind, MapSlot::Kind::value);
    EXPECT_EQ(plan.programs[i].map_slots[0].offset, spec.externs[i].offset);
  }
  EXPECT_EQ(stored<u32>(plan, spec.externs[0]), 100) << "what is given goes first";
  EXPECT_EQ(stored<u8>(plan, spec.externs[1]), 1);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(plan.kconfig.data() + spec.externs[2].offset)),
            "a name ");
  EXPECT_EQ(stored<u8>(plan, spec.externs[3]), 0);
  EXPECT_EQ(stored<u32>(plan, spec.externs[4]), 0x060c1e);
  EXPECT_EQ(stored<u32>(plan, spec.externs[5]), 0);
  ASSERT_EQ(plan.notes.size(), 1);
  EXPECT_THAT(plan.notes[0], AllOf(HasSubstr("'CONFIG_NAME'"), HasSubstr("12 bytes longer")));
}

TEST(PlanExterns, WhatGivenConfigurationTurnsOffIsOff) {
  ObjectBuilder builder;
  builder.value("CONFIG_BPF", builder.bool_type(), 1, true);
  host::KnownFacts known = Kernel().known();
  known.given_config = "# CONFIG_BPF is not set\n";
  known.config = "CONFIG_BPF=y\n";
  const ObjectSpec spec = builder.finish();
  EXPECT_EQ(stored<u8>(planned(spec, known), spec.externs[0]), 0);
}

TEST(PlanExterns, ValuesThatDoNotFitSayWhatIsThereAndWhatIsWanted) {
  struct Case {
    std::string_view config;
    Errc code;
    std::string_view words;
  };
  for (const Case& c :
       {Case{"CONFIG_HZ=250\n", Errc::invalid,
             "program 'p0' (section 'socket'): function 'p0': instruction 0: needs the configuration value "
             "'CONFIG_HZ' "
             "(extern _Bool CONFIG_HZ __kconfig): the kernel's configuration, line 1: the value 250 is a "
             "number, the "
             "variable a bool (y or n)"},
        Case{"\nCONFIG_HZ=m\n", Errc::invalid, "line 2: the value m (a module) does not fit a bool"},
        Case{"CONFIG_HZ=maybe\n", Errc::malformed, "the value maybe is neither y, n, m"},
        Case{"# CONFIG_HZ is not set\n", Errc::not_found,
             "the option is not set in the kernel's configuration (line 1); a variable that is declared "
             "__weak"},
        Case{"CONFIG_HZZ=y\n", Errc::not_found, "has no such option; near it are: CONFIG_HZZ;"},
        Case{"hello\n", Errc::malformed, "the kernel's configuration: is no kernel configuration"},
        Case{"CONFIG_X\n", Errc::malformed, "line 1: want CONFIG_NAME=value"}}) {
    ObjectBuilder builder;
    builder.value("CONFIG_HZ", builder.bool_type(), 1).variable("away", 0, true);
    host::KnownFacts known = Kernel().known();
    known.config = c.config;
    known.kallsyms = "";
    const LoadPlan plan = planned(builder.finish(), known);
    EXPECT_THAT(error_of(plan, 0), HasSubstr(c.words));
    EXPECT_EQ(plan.programs[0].error->code(), c.code) << c.config;
    EXPECT_EQ(error_of(plan, 1), "") << "the other program needs no value";
  }
}

TEST(PlanExterns, WithoutAConfigurationWeakValuesAreZeroAndThereIsANote) {
  ObjectBuilder builder;
  builder.value("CONFIG_HZ", builder.int_type(), 4, true).value("CONFIG_BPF", builder.bool_type(), 1);
  const LoadPlan plan = planned(builder.finish(), Kernel().known());
  EXPECT_EQ(error_of(plan, 0), "");
  EXPECT_THAT(error_of(plan, 1), HasSubstr("nothing is known of this machine's kernel configuration"));
  ASSERT_EQ(plan.notes.size(), 1);
  EXPECT_THAT(plan.notes[0], HasSubstr("extern 'CONFIG_HZ' reads as 0"));
}

TEST(PlanExterns, ValuesOfNoPossibleTypeAndUnknownOnesAreRefused) {
  ObjectBuilder builder;
  builder.value("CONFIG_P", builder.pointer_type(), 8)
      .value("LINUX_NEW", builder.int_type(), 4)
      .value("HZ", builder.int_type(), 4, true);
  const LoadPlan plan = planned(builder.finish(), Kernel().known());
  EXPECT_THAT(error_of(plan, 0), HasSubstr("the variable is none of these"));
  EXPECT_THAT(error_of(plan, 1), HasSubstr("no such value is known"));
  EXPECT_THAT(error_of(plan, 2), HasSubstr("no such value is known"));
}

TEST(PlanExterns, AValueThatNoProgramNamesIsNobodysError) {
  ObjectBuilder builder;
  builder.value("CONFIG_HZ", builder.int_type(), 4).value("CONFIG_AWAY", builder.int_type(), 4);
  ObjectSpec spec = builder.finish();
  spec.programs[1].autoload = false;
  host::KnownFacts known = Kernel().known();
  known.config = "CONFIG_HZ=250\n";
  const LoadPlan plan = planned(spec, known);
  ASSERT_EQ(plan.programs.size(), 1);
  EXPECT_EQ(error_of(plan, 0), "");
}

TEST(PlanExterns, AddressesComeFromOnePassOverTheSymbols) {
  ObjectBuilder builder;
  builder.variable("jiffies", 0)
      .variable("away", 0, true)
      .variable("gone", 0)
      .variable("twice", 0)
      .variable("secret", 0)
      .variable("shy", 0, true);
  host::KnownFacts known = Kernel().known();
  known.kallsyms =
      "ffffffff81000020 D jiffies\nffffffff81000030 d twice\nffffffff81000040 d twice\n"
      "0000000000000000 D secret\n0000000000000000 D shy\n";
  const LoadPlan plan = planned(builder.finish(), known);
  EXPECT_EQ(wide_value(plan.programs[0]), 0xffffffff81000020);
  EXPECT_EQ(plan.programs[0].insns[0].src_reg, 0);
  EXPECT_EQ(wide_value(plan.programs[1]), 0);
  EXPECT_THAT(error_of(plan, 2),
              HasSubstr("needs the kernel variable 'gone': /proc/kallsyms lists no such symbol"));
  EXPECT_THAT(error_of(plan, 3),
              HasSubstr("several symbols of this name, at 0xffffffff81000030 and 0xffffffff81000040"));
  EXPECT_THAT(error_of(plan, 4), HasSubstr("kernel.kptr_restrict"));
  EXPECT_EQ(plan.programs[4].error->code(), Errc::denied);
  EXPECT_EQ(error_of(plan, 5), "");
  EXPECT_EQ(wide_value(plan.programs[5]), 0);
}

TEST(PlanExterns, TypedVariablesAreNamedByTheirBtf) {
  const Kernel kernel;
  ObjectBuilder builder;
  builder.variable("run_queue", builder.constant_int_type())
      .variable("ct_state", builder.int_type())
      .variable("away", builder.int_type(), true)
      .variable("run_queu", builder.int_type())
      .variable("run_queue", builder.pointer_type());
  const LoadPlan plan = planned(builder.finish(), kernel.known());
  EXPECT_EQ(plan.programs[0].insns[0].src_reg, BPF_PSEUDO_BTF_ID);
  EXPECT_EQ(wide_value(plan.programs[0]), kernel.run_queue);
  EXPECT_EQ(plan.programs[1].insns[0].src_reg, BPF_PSEUDO_BTF_ID);
  EXPECT_EQ(plan.programs[1].insns[0].imm, static_cast<s32>(kernel.ct_state));
  ASSERT_EQ(plan.programs[1].module_slots.size(), 1);
  EXPECT_EQ(plan.modules, std::vector<std::string>{"nf"});
  EXPECT_EQ(wide_value(plan.programs[2]), 0);
  EXPECT_EQ(plan.programs[2].insns[0].src_reg, 0);
  EXPECT_THAT(error_of(plan, 3),
              AllOf(HasSubstr("(extern int run_queu __ksym)"),
                    HasSubstr("neither the kernel nor one of its 2 modules"),
                    HasSubstr("near it are: run_queue"), HasSubstr("extern const void run_queu")));
  EXPECT_THAT(error_of(plan, 4), HasSubstr("the kernel's is of another type: int run_queue"));
}

TEST(PlanExterns, FunctionsAreCalledByTheirBtf) {
  const Kernel kernel;
  ObjectBuilder builder;
  const Kind call = Kind::extern_function;
  builder.function("count", builder.int_proto(), call)
      .function("ct_look", builder.int_proto(), call)
      .function("task_get___old", builder.int_proto(), call, true)
      .function("task_get___new", builder.task_proto(), call, true)
      .function("coumt", builder.int_proto(), call)
      .function("count", builder.task_proto(), call)
      .function("ct_look", builder.int_proto(), Kind::extern_function_address, true)
      .function("away", builder.int_proto(), Kind::extern_function_address, true);
  const LoadPlan plan = planned(builder.finish(), kernel.known());
  const auto call_of = [&](std::size_t program) { return plan.programs[program].insns[1]; };
  EXPECT_EQ(call_of(0).src_reg, BPF_PSEUDO_KFUNC_CALL);
  EXPECT_EQ(call_of(0).imm, static_cast<s32>(kernel.count));
  EXPECT_EQ(call_of(0).off, 0);
  EXPECT_EQ(call_of(1).imm, static_cast<s32>(kernel.ct_look));
  EXPECT_EQ(call_of(1).off, 1);
  EXPECT_EQ(call_of(2).src_reg, 0);
  EXPECT_EQ(call_of(2).imm, 2002000002) << "a call that must not be reached";
  ASSERT_EQ(plan.programs[2].causes.size(), 1);
  EXPECT_EQ(plan.programs[2].causes[0].insn, 1);
  EXPECT_THAT(plan.programs[2].causes[0].text,
              AllOf(HasSubstr("kernel function 'task_get___old'"), HasSubstr("is of another type"),
                    HasSubstr("bpf_ksym_exists(task_get___old)")));
  EXPECT_EQ(call_of(3).imm, static_cast<s32>(kernel.task_get)) << "flavours choose by type";
  EXPECT_THAT(error_of(plan, 4),
              AllOf(HasSubstr("(extern int coumt(int n) __ksym)"), HasSubstr("near it are: count")));
  EXPECT_THAT(error_of(plan, 5), HasSubstr("the kernel's is of another type: int count(int n)"));
  EXPECT_EQ(plan.programs[6].insns[0].src_reg, BPF_PSEUDO_BTF_ID);
  ASSERT_EQ(plan.programs[6].module_slots.size(), 1);
  EXPECT_EQ(wide_value(plan.programs[7]), 0);
}

TEST(PlanExterns, OldKernelsAreToldLess) {
  const Kernel kernel;
  const auto objects = [] {
    ObjectBuilder builder;
    builder.function("count", builder.int_proto(), Kind::extern_function, true)
        .function("count", builder.int_proto(), Kind::extern_function_address, true);
    return builder.finish();
  };
  const LoadPlan between = planned(objects(), kernel.known("6.1.0"));
  EXPECT_EQ(between.programs[0].insns[1].src_reg, BPF_PSEUDO_KFUNC_CALL);
  EXPECT_EQ(between.programs[1].insns[0].src_reg, 0) << "before 6.4 an address of a function is refused";
  EXPECT_EQ(wide_value(between.programs[1]), 1);
  const LoadPlan old = planned(objects(), kernel.known("5.10.0"));
  EXPECT_EQ(old.programs[0].insns[1].imm, 2002000000) << "before 5.13 there are no calls of kernel functions";
  EXPECT_EQ(wide_value(old.programs[1]), 0);
}

TEST(PlanExterns, WithoutKernelTypesWeakFunctionsAreAbsent) {
  ObjectBuilder builder;
  builder.function("count", builder.int_proto(), Kind::extern_function, true)
      .function("count", builder.int_proto(), Kind::extern_function);
  const LoadPlan plan = planned(builder.finish(), {.kernel_release = "6.1.0"});
  EXPECT_EQ(error_of(plan, 0), "");
  EXPECT_THAT(error_of(plan, 1), HasSubstr("nothing is known of this machine's kernel types"));
}

TEST(PlanTargets, AreFoundInModulesOfExactlyThatName) {
  const Kernel kernel;
  ObjectBuilder builder;
  builder.attached("nf:ct_look")
      .attached("nf_tables:nft_walk")
      .attached("nft_walk")
      .attached("vmlinux:count");
  builder.attached("nf:count").attached("n:ct_look").attached("vmlinux:ct_look").attached("nf:ct_lok");
  const LoadPlan plan = planned(builder.finish(), kernel.known());
  const auto module_of = [&](std::size_t program) {
    const auto module = plan.programs[program].attach_module;
    return module ? plan.modules[*module] : std::string();
  };
  EXPECT_EQ(plan.programs[0].attach_btf_id, kernel.ct_look);
  EXPECT_EQ(module_of(0), "nf");
  EXPECT_EQ(plan.programs[1].attach_btf_id, kernel.nft_walk);
  EXPECT_EQ(module_of(1), "nf_tables");
  EXPECT_EQ(plan.programs[2].attach_btf_id, kernel.nft_walk) << "without a module every one is looked at";
  EXPECT_EQ(module_of(2), "nf_tables");
  EXPECT_EQ(plan.programs[3].attach_btf_id, kernel.count);
  EXPECT_EQ(module_of(3), "");
  EXPECT_THAT(error_of(plan, 4), HasSubstr("module 'nf'")) << "it is the kernel's, not the module's";
  EXPECT_THAT(error_of(plan, 5), HasSubstr("module 'n'")) << "names are compared whole";
  EXPECT_THAT(error_of(plan, 6), HasSubstr("this kernel has no function 'ct_look'"));
  EXPECT_THAT(error_of(plan, 7), HasSubstr("near it are: ct_look"));
}

}  // namespace
}  // namespace skep::load

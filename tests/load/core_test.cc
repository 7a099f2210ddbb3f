// CO-RE where it meets planning and loading: which functions are relocated, whom a bad relocation spares, what a refusal says.
#include <gmock/gmock.h>

#include <cerrno>

#include "btf/edit.h"
#include "insn/build.h"
#include "kernel/fake_kernel.h"
#include "load/plan.h"
#include "load/spec_builder.h"
#include "skep/core.h"
#include "skep/object.h"

namespace skep::load {
namespace {

using ::testing::HasSubstr;

/// struct task with `pid` at `pid_bits` and, if asked for, `mm` behind it.
struct TaskTypes {
  btf::BtfEditor edit;
  u32 task = 0;

  TaskTypes(std::string_view name, u32 pid_bits, std::string_view second) {
    const u32 number = edit.add_int("unsigned int", 4, 0);
    const u32 pointer = edit.add_reference(btf::Kind::ptr, {}, 0);
    task = edit.add_composite(
        btf::Kind::struct_, name, 64,
        std::array{btf::NewMember{.name = "pid", .type_id = number, .offset_bits = pid_bits},
                   btf::NewMember{.name = second, .type_id = pointer, .offset_bits = 128}});
  }
  std::shared_ptr<const btf::Btf> build() const {
    return std::make_shared<const btf::Btf>(edit.finish().value());
  }
};

/// Where `text` stands in the strings.
u32 access_offset(const btf::Btf& types, std::string_view text) {
  u32 offset = 0;
  while (types.has_string(offset) && types.string(offset) != text) {
    ++offset;
  }
  return offset;
}

/// Three programs: `moved` reads pid, `lost` reads a member that kernels do not have, `both` calls a function that reads pid.
ObjectSpec object() {
  ObjectSpec spec;
  spec.license = "GPL";
  TaskTypes types("task", 0, "gone");
  const u32 pid = types.edit.add_string("0:0");
  const u32 gone = types.edit.add_string("0:1");
  const u32 file = types.edit.add_string("prog.bpf.c");
  const u32 source = types.edit.add_string("  out = task->gone;");
  spec.btf = types.build();
  const u32 moved = add_function(spec, "moved", {mov_imm(0, 0), leave()});
  const u32 lost = add_function(spec, "lost", {mov_imm(0, 16), leave()});
  const u32 helper = add_function(spec, "helper", {mov_imm(0, 0), leave()});
  const u32 both =
      add_function(spec, "both", {call_unresolved(), leave()},
                   {{.insn_index = 0, .kind = RelocationKind::subprogram_call, .target = helper}});
  for (const u32 function : {moved, helper}) {
    spec.functions[function].core_relocations = {
        {.type_id = types.task, .access_string_offset = pid, .kind = BPF_CORE_FIELD_BYTE_OFFSET}};
  }
  spec.functions[lost].core_relocations = {
      {.type_id = types.task, .access_string_offset = gone, .kind = BPF_CORE_FIELD_BYTE_OFFSET}};
  spec.functions[lost].line_info = {
      {.insn_off = 0, .file_name_off = file, .line_off = source, .line_col = bpf_line_col(33, 7)}};
  for (const u32 function : {moved, lost, both}) {
    add_program(spec, function);
  }
  return spec;
}

host::Facts machine(std::shared_ptr<const btf::Btf> kernel) {
  return host::Facts(host::KnownFacts{
      .page_bytes = 4096, .possible_cpus = 2, .kernel_release = "6.1.0", .core_btf = std::move(kernel)});
}

TEST(CorePlan, FunctionsHaveTheKernelsNumbersAndPoisonsTheirCause) {
  const ObjectSpec spec = object();
  const auto made = plan(spec, machine(TaskTypes("task", 64, "mm").build()), "/sys/fs/bpf");
  ASSERT_TRUE(made) << made.error().message();
  ASSERT_EQ(made->programs.size(), 3u);
  EXPECT_EQ(made->programs[0].insns[0], mov_imm(0, 8));
  EXPECT_EQ(made->programs[2].insns[2], mov_imm(0, 8)) << "in the function that is called";
  EXPECT_TRUE(is_poison(made->programs[1].insns[0]));
  EXPECT_THAT(made->programs[1].cause(spec, 0),
              HasSubstr("CO-RE byte_off of struct task::gone: not on this kernel (no member `gone`"));
  EXPECT_EQ(made->programs[1].cause(spec, 1), "");
  EXPECT_EQ(made->programs[0].cause(spec, 0), "") << "no poison";
}

TEST(CorePlan, BothHalvesOfAPoisonedConstantHaveTheCause) {
  ObjectSpec spec = object();
  spec.functions[1].insns = {wide(1), wide_end(), leave()};
  spec.functions[1].insns[0].imm = 16;
  const auto made = plan(spec, machine(TaskTypes("task", 64, "mm").build()), "/sys/fs/bpf");
  ASSERT_TRUE(made) << made.error().message();
  ASSERT_FALSE(made->programs[1].error) << made->programs[1].error->message();
  for (const u32 half : {0u, 1u}) {
    EXPECT_TRUE(is_poison(made->programs[1].insns[half]));
    EXPECT_THAT(made->programs[1].cause(spec, half), HasSubstr("byte_off of struct task::gone")) << half;
  }
  EXPECT_EQ(made->programs[1].cause(spec, 2), "");
}

TEST(CorePlan, ALoadThatWouldMeanSomethingElseSaysSo) {
  ObjectSpec spec = object();
  const auto signed_types = [](u32 bytes) {
    btf::BtfEditor edit;
    const u32 number = edit.add_int("number", bytes, BTF_INT_SIGNED);
    edit.add_composite(btf::Kind::struct_, "task", 8,
                       std::array{btf::NewMember{.name = "pid", .type_id = number}});
    edit.add_string("0:0");
    return std::make_shared<const btf::Btf>(edit.finish().value());
  };
  spec.btf = signed_types(4);
  spec.functions[0].insns[0] = insn::ldx_mem(BPF_W, 0, 1, 0);
  const u32 access = access_offset(*spec.btf, "0:0");
  spec.functions[0].core_relocations = {
      {.type_id = 2, .access_string_offset = access, .kind = BPF_CORE_FIELD_BYTE_OFFSET}};
  spec.programs[1].autoload = spec.programs[2].autoload = false;
  const auto made = plan(spec, machine(signed_types(8)), "/sys/fs/bpf");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_TRUE(is_poison(made->programs[0].insns[0]));
  EXPECT_THAT(
      made->programs[0].cause(spec, 0),
      HasSubstr("byte_off of struct task::pid: 0, but a load or store of it would mean something else"));
}

TEST(CorePlan, ABadRelocationSparesTheProgramsThatDoNotReachIt) {
  ObjectSpec spec = object();
  spec.functions[2].core_relocations[0].insn_index = 7;  // of `helper`
  const auto made = plan(spec, machine(TaskTypes("task", 64, "mm").build()), "/sys/fs/bpf");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_FALSE(made->programs[0].error);
  ASSERT_TRUE(made->programs[2].error);
  EXPECT_THAT(made->programs[2].error->message(),
              HasSubstr("function 'helper': CO-RE relocation of instruction 7: struct task::pid: want "
                        "instruction 7 whole"));
}

TEST(CorePlan, WhatNoProgramReachesIsNotLookedAt) {
  ObjectSpec spec = object();
  for (ProgramSpec& program : spec.programs) {
    program.autoload = false;
  }
  add_program(spec, add_function(spec, "plain", {mov_imm(0, 0), leave()}));
  const host::Facts nothing(host::KnownFacts{.page_bytes = 4096});  // asking for types would be an error
  const auto made = plan(spec, nothing, "/sys/fs/bpf");
  ASSERT_TRUE(made) << made.error().message();
  ASSERT_EQ(made->programs.size(), 1u);
  EXPECT_FALSE(made->programs[0].error);
}

TEST(CorePlan, WithoutTheKernelsTypesTheProgramThatNeedsThemSaysSo) {
  const ObjectSpec spec = object();
  const auto made =
      plan(spec, host::Facts(host::KnownFacts{.page_bytes = 4096, .kernel_release = "6.1.0"}), "/sys/fs/bpf");
  ASSERT_TRUE(made) << made.error().message();
  ASSERT_TRUE(made->programs[1].error);
  EXPECT_THAT(
      made->programs[1].error->message(),
      HasSubstr("function 'lost': CO-RE relocation of instruction 0 (prog.bpf.c:33): struct task::gone: "));
}

TEST(CoreLoad, ARefusalAtAPoisonedInstructionTellsItsStoryAndLine) {
  const auto kernel_types = TaskTypes("task", 64, "gone_too").build();
  const std::string log =
      "0: R1=ctx() R10=fp0\n; out = task->gone; @ prog.bpf.c:33\n0: (85) call unknown#195896080\n"
      "invalid func unknown#195896080\nprocessed 1 insns (limit 1000000)\n";
  kernel::FakeKernel kernel;
  kernel.on_bpf = [&](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    if (cmd != BPF_PROG_LOAD) {
      return std::nullopt;
    }
    if (attr.prog_load.log_level != 0) {
      std::memcpy(reinterpret_cast<char*>(attr.prog_load.log_buf), log.c_str(), log.size() + 1);
    }
    return -EINVAL;
  };
  ObjectSpec spec = object();
  spec.programs[0].autoload = spec.programs[2].autoload = false;
  const auto loaded = Object::load(std::move(spec), {.btf = kernel_types->bytes(), .kernel = &kernel});
  ASSERT_FALSE(loaded);
  const std::string& text = loaded.error().message();
  EXPECT_THAT(text, HasSubstr("prog.bpf.c:33"));
  EXPECT_THAT(text, HasSubstr("CO-RE byte_off of struct task::gone: not on this kernel (no member `gone`; "
                              "struct task has `gone_too`)"));
  EXPECT_THAT(text, HasSubstr("the object: void *, 8 bytes at offset 16"));
}

TEST(ExplainCore, TellsEveryRelocationInItsPlace) {
  const ObjectSpec spec = object();
  const auto types = TaskTypes("task", 64, "gone_too").build();
  const auto all = explain_core(spec, {.btf = types->bytes()});
  ASSERT_TRUE(all) << all.error().message();
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ((*all)[0].headline, "byte_off of struct task::pid: 0 -> 8");
  EXPECT_EQ((*all)[0].insn_after, "r0 = 8");
  EXPECT_EQ((*all)[1].story.outcome, CoreOutcome::poison);
  EXPECT_EQ((*all)[1].line, 33u);
  EXPECT_EQ((*all)[1].source, "out = task->gone;");
}

TEST(ExplainCore, WithoutAKernelThereIsTheObjectsSide) {
  const auto all = describe_core(object());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[1].headline, "byte_off of struct task::gone: 16 in the object");
  EXPECT_EQ(all[1].story.outcome, CoreOutcome::unknown);
  EXPECT_EQ(all[1].insn_after, "");
}

TEST(ExplainCore, BadTypesAreAnError) {
  const std::array<std::byte, 3> bytes{};
  const auto all = explain_core(object(), {.btf = bytes});
  EXPECT_FALSE(all);
}

}  // namespace
}  // namespace skep::load

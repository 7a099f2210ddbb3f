// Needs read off objects made by hand and by the compiler.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.h"
#include "load/spec_builder.h"
#include "skep/needs.h"
#include "skep/uapi/flags.h"

namespace skep::needs {
namespace {

using load::add_function;
using load::add_map;
using load::add_program;
using load::call_helper;
using load::empty_object;
using load::leave;
using load::mov_imm;
using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Not;

const Need* find(const ProgramNeeds& program, std::string_view name) {
  const auto at = std::ranges::find(program.needs, name, &Need::name);
  return at == program.needs.end() ? nullptr : &*at;
}

ObjectNeeds portability(std::string_view name) {
  const auto spec = ObjectSpec::read_file(cat(SKEP_BUILD_DIR "/tests/portability/", name, ".bpf.o"));
  EXPECT_TRUE(spec) << spec.error().message();
  return requirements(*spec);
}

TEST(Requirements, TheLeastReleaseIsThatOfTheNewestThing) {
  ObjectSpec spec = empty_object();
  const u32 events = add_map(spec, "events", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
  const u32 function =
      add_function(spec, "prog", {load::wide(1), load::wide_end(), call_helper(5), mov_imm(0, 0), leave()},
                   {{.insn_index = 0, .kind = RelocationKind::map_fd, .target = events}});
  add_program(spec, function, BPF_PROG_TYPE_XDP, "xdp");
  const ObjectNeeds needs = requirements(spec);
  EXPECT_EQ(needs.least, (Release{5, 8}));
  ASSERT_EQ(needs.programs.size(), 1u);
  ASSERT_NE(find(needs.programs[0], "ringbuf"), nullptr);
  EXPECT_EQ(find(needs.programs[0], "ringbuf")->why, "map 'events'");
  EXPECT_EQ(find(needs.programs[0], "bpf_ktime_get_ns")->since, (Release{4, 1}));
  EXPECT_EQ(needs.steps.back().name, "ringbuf");
  EXPECT_THAT(needs.config, IsSupersetOf({"CONFIG_BPF_SYSCALL", "CONFIG_NET"}));
  EXPECT_THAT(needs.capabilities, ::testing::ElementsAre("CAP_BPF", "CAP_NET_ADMIN"));
  EXPECT_FALSE(needs.needs_kernel_types);
}

TEST(Requirements, WhatIsGuardedDoesNotRaiseTheLeastRelease) {
  const ObjectNeeds bare = portability("helper_missing");
  EXPECT_EQ(bare.least, (Release{5, 17}));
  for (const std::string_view name : {"helper_guarded", "helper_by_version", "helper_by_setting"}) {
    const ObjectNeeds needs = portability(name);
    EXPECT_LT(needs.least, (Release{5, 17})) << name;
    const Need* strncmp = find(needs.programs.at(0), "bpf_strncmp");
    ASSERT_NE(strncmp, nullptr) << name;
    EXPECT_TRUE(strncmp->guarded) << name;
    EXPECT_NE(strncmp->where.line, 0u) << name;
  }
}

TEST(Requirements, EachKindOfNeedIsSeen) {
  struct Case {
    std::string_view object;
    std::string_view need;
    Release since;
    std::string_view config;
  };
  const Case cases[] = {
      {"kfunc_missing", "bpf_task_acquire", {6, 2}, "CONFIG_DEBUG_INFO_BTF"},
      {"map_type_5_16", "bloom_filter", {5, 16}, "CONFIG_BPF_SYSCALL"},
      {"map_flag", "BPF_F_RB_OVERWRITE", {6, 19}, "CONFIG_BPF_EVENTS"},
      {"insn_atomics", "atomics other than plain addition", {5, 12}, "CONFIG_NET"},
      {"insn_signed_division", "signed division (sdiv, smod)", {6, 6}, "CONFIG_NET"},
      {"target_by_name", "trace_kprobe_multi", {5, 18}, "CONFIG_FPROBE"},
      {"target_hook", "lsm", {5, 7}, "CONFIG_BPF_LSM"},
      {"program_netfilter", "netfilter", {6, 4}, "CONFIG_NETFILTER_BPF_LINK"},
      {"program_sleepable_uprobe", "BPF_F_SLEEPABLE", {6, 0}, "CONFIG_UPROBE_EVENTS"},
      {"program_unix_sockets", "cgroup_unix_connect", {6, 7}, "CONFIG_CGROUP_BPF"},
      {"helper_not_configured", "bpf_override_return", {4, 16}, "CONFIG_BPF_KPROBE_OVERRIDE"},
      {"callback", "callbacks", {5, 13}, "CONFIG_BPF_EVENTS"},
      {"ksym_missing", "typed kernel variables", {5, 10}, "CONFIG_DEBUG_INFO_BTF"},
  };
  for (const Case& one : cases) {
    const ObjectNeeds needs = portability(one.object);
    bool found = false;
    for (const ProgramNeeds& program : needs.programs) {
      const Need* need = find(program, one.need);
      found |= need != nullptr && need->since == one.since && !need->guarded;
    }
    EXPECT_TRUE(found) << one.object << " does not need " << one.need;
    EXPECT_THAT(needs.config, Contains(std::string(one.config))) << one.object;
    EXPECT_GE(needs.least, one.since) << one.object;
  }
}

TEST(Requirements, AnInstructionThatIsRefusedWhereverItStandsIsNeverGuarded) {
  EXPECT_EQ(portability("insn_sign_extension_guarded").least, (Release{6, 6}));
  EXPECT_LT(portability("insn_signed_division_guarded").least, (Release{6, 6}));
}

TEST(Requirements, OnlyWhatReadsKernelTypesNeedsBtf) {
  EXPECT_TRUE(portability("field_guarded").needs_kernel_types);
  EXPECT_TRUE(portability("target_function_everywhere").needs_kernel_types);
  EXPECT_FALSE(portability("map_ringbuf").needs_kernel_types);
  EXPECT_THAT(portability("map_ringbuf").config, Not(Contains("CONFIG_DEBUG_INFO_BTF")));
}

TEST(Requirements, AWeakKernelFunctionIsNotNeeded) {
  const ObjectNeeds needs = portability("kfunc_weak");
  EXPECT_LT(needs.least, (Release{5, 13}));
  EXPECT_TRUE(find(needs.programs.at(0), "bpf_task_acquire")->guarded);
}

}  // namespace
}  // namespace skep::needs

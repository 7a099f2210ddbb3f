// Whole objects: each program's fate, alternatives, what may be absent, and that nothing is left when one that matters fails.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/text.h"
#include "kernel/fake_kernel.h"
#include "load/spec_builder.h"
#include "skep/attach.h"
#include "support/descriptors.h"

namespace skep {
namespace {

using kernel::FakeKernel;
using load::add_function;
using load::add_map;
using load::add_program;
using load::leave;
using load::mov_imm;
using State = AttachOutcome::State;
using testing::HasSubstr;

/// An object with one program per section, called p0, p1, ...
ObjectSpec object_of(const std::vector<std::string>& sections) {
  ObjectSpec spec = load::empty_object();
  for (const std::string& section : sections) {
    const u32 function = add_function(spec, cat("p", spec.functions.size()), {mov_imm(0, 0), leave()});
    const u32 program = add_program(spec, function, BPF_PROG_TYPE_RAW_TRACEPOINT, section);
    const std::size_t slash = section.find('/');
    spec.programs[program].attach_target = slash == std::string::npos ? "" : section.substr(slash + 1);
  }
  return spec;
}

Object loaded(FakeKernel& kernel, ObjectSpec spec, LoadReport* report = nullptr) {
  LoadOptions options{.jobs = 1, .kernel = &kernel};
  options.facts = &load::some_facts();
  auto object = Object::load(std::move(spec), options, report);
  EXPECT_TRUE(object) << object.error().message();
  return std::move(*object);
}

/// Refuses the raw tracepoints of these names.
void refuse(FakeKernel& kernel, std::vector<std::string> names) {
  kernel.on_bpf = [names = std::move(names)](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    if (cmd == BPF_RAW_TRACEPOINT_OPEN) {
      const auto* name = reinterpret_cast<const char*>(static_cast<std::uintptr_t>(attr.raw_tracepoint.name));
      if (std::ranges::find(names, name) != names.end()) {
        return -ENOENT;
      }
    }
    return std::nullopt;
  };
}

AttachAllOptions options() {
  return {.attach = {.facts = &load::some_facts()}, .jobs = 2};
}

std::string states(const AttachReport& report) {
  constexpr std::array words{"attached", "failed", "not loaded", "passed over", "needs more"};
  std::string all;
  for (const AttachOutcome& outcome : report.programs) {
    all +=
        cat(all.empty() ? "" : ", ", outcome.program, " ", words.at(static_cast<std::size_t>(outcome.state)));
  }
  return all;
}

TEST(AttachAll, AttachesWhatSaysWhereToAndTellsTheRest) {
  FakeKernel kernel;
  ObjectSpec spec = object_of({"raw_tp/a", "xdp", "raw_tp", "raw_tp/b", "strange"});
  spec.programs[3].autoload = false;
  Object object = loaded(kernel, std::move(spec));
  AttachReport report;
  auto links = attach_all(object, options(), &report);
  ASSERT_TRUE(links) << links.error().message();
  EXPECT_EQ(links->size(), 1U);
  EXPECT_EQ(report.link_names, std::vector<std::string>{"p0"});
  EXPECT_EQ(states(report), "p0 attached, p1 needs more, p2 needs more, p3 not loaded, p4 needs more");
  EXPECT_EQ(report.programs[0].place, "raw tracepoint a");
  EXPECT_THAT(report.programs[1].error->message(), HasSubstr("a network device (--iface)"));
}

TEST(AttachAll, OneFailureDetachesAllAndIsTheError) {
  FakeKernel kernel;
  Object object = loaded(kernel, object_of({"raw_tp/a", "raw_tp/gone", "raw_tp/b", "raw_tp/lost"}));
  refuse(kernel, {"gone", "lost"});
  const std::size_t before = test::open_descriptors();
  AttachReport report;
  const auto links = attach_all(object, options(), &report);
  ASSERT_FALSE(links);
  EXPECT_EQ(links.error().code(), Errc::not_found);
  EXPECT_THAT(links.error().message(), HasSubstr("'p1'"));
  EXPECT_EQ(states(report), "p0 attached, p1 failed, p2 attached, p3 failed");
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST(AttachAll, OptionalProgramsAndKeepGoingOnlyReport) {
  FakeKernel kernel;
  ObjectSpec spec = object_of({"raw_tp/gone", "raw_tp/b"});
  spec.programs[0].optional = true;
  Object object = loaded(kernel, std::move(spec));
  refuse(kernel, {"gone"});
  EXPECT_EQ(attach_all(object, options())->size(), 1U);
  refuse(kernel, {"b"});
  AttachAllOptions going = options();
  EXPECT_FALSE(attach_all(object, going));
  going.keep_going = true;
  EXPECT_EQ(attach_all(object, going)->size(), 1U);
}

TEST(AttachAll, OfAlternativesTheFirstThatCanBeIsAttached) {
  struct Case {
    std::vector<std::string> refused;
    std::string states;
    std::size_t notes;
  };
  for (const Case& one : {Case{{}, "p0 attached, p1 passed over, p2 passed over, p3 attached", 0},
                          Case{{"a"}, "p0 failed, p1 attached, p2 passed over, p3 attached", 1},
                          Case{{"a", "b"}, "p0 failed, p1 failed, p2 attached, p3 attached", 2}}) {
    FakeKernel kernel;
    ObjectSpec spec = object_of({"raw_tp/a", "raw_tp/b", "raw_tp/c", "raw_tp/d"});
    ASSERT_TRUE(spec.prefer({"p0", "p1", "p2"}));
    Object object = loaded(kernel, std::move(spec));
    refuse(kernel, one.refused);
    AttachReport report;
    const auto links = attach_all(object, options(), &report);
    ASSERT_TRUE(links) << links.error().message();
    EXPECT_EQ(states(report), one.states);
    EXPECT_EQ(report.notes.size(), one.notes);
    EXPECT_EQ(links->size(), 2U);
  }
}

TEST(AttachAll, WhenNoAlternativeCanBeEachReasonIsTold) {
  FakeKernel kernel;
  ObjectSpec spec = object_of({"raw_tp/a", "raw_tp/b"});
  ASSERT_TRUE(spec.prefer({"p1", "p0"}));
  Object object = loaded(kernel, std::move(spec));
  refuse(kernel, {"a", "b"});
  const auto links = attach_all(object, options());
  ASSERT_FALSE(links);
  EXPECT_EQ(links.error().code(), Errc::not_found);
  EXPECT_THAT(links.error().message(), HasSubstr("none of the alternatives can be attached\n  p1: "));
  EXPECT_THAT(links.error().message(), HasSubstr("\n  p0: "));
}

TEST(AttachAll, AlternativesWithoutAPlaceAreLeftAloneAsOthersAre) {
  struct Case {
    std::vector<std::string> sections;
    std::string states;
    bool succeeds;
  };
  for (const Case& one :
       {Case{{"xdp", "tc", "raw_tp/d"}, "p0 needs more, p1 needs more, p2 attached", true},
        Case{{"xdp", "raw_tp/a", "raw_tp/d"}, "p0 needs more, p1 attached, p2 attached", true},
        Case{{"raw_tp/a", "xdp", "raw_tp/d"}, "p0 attached, p1 passed over, p2 attached", true},
        Case{{"xdp", "raw_tp/gone", "raw_tp/d"}, "p0 needs more, p1 failed, p2 attached", false}}) {
    FakeKernel kernel;
    ObjectSpec spec = object_of(one.sections);
    ASSERT_TRUE(spec.prefer({"p0", "p1"}));
    Object object = loaded(kernel, std::move(spec));
    refuse(kernel, {"gone"});
    AttachReport report;
    const auto links = attach_all(object, options(), &report);
    EXPECT_EQ(links.has_value(), one.succeeds) << one.states;
    EXPECT_EQ(states(report), one.states);
  }
}

TEST(AttachAll, WhatAttachOneSaysOfAPlaceIsNoWantOfOne) {
  FakeKernel kernel;
  Object object = loaded(kernel, object_of({"xdp", "tc", "raw_tp/a"}));
  AttachAllOptions some = options();
  some.attach_one = [](const Program& program, const AttachOptions&) -> Result<std::optional<Link>> {
    if (program.name() == "p1") {
      return fail(Errc::invalid, "the priority is out of range");
    }
    return std::nullopt;
  };
  AttachReport report;
  const auto links = attach_all(object, some, &report);
  ASSERT_FALSE(links);
  EXPECT_EQ(links.error().message(), "the priority is out of range");
  EXPECT_EQ(states(report), "p0 needs more, p1 failed, p2 attached");
  some.attach_one = [](const Program& program, const AttachOptions& how) -> Result<std::optional<Link>> {
    return program.name() == "p2" ? attach_program(program, how) : Result<std::optional<Link>>(std::nullopt);
  };
  ASSERT_TRUE(attach_all(object, some, &report));
  EXPECT_EQ(states(report), "p0 needs more, p1 needs more, p2 attached");
}

TEST(AttachAll, EveryCallThatFailsLeavesNothing) {
  bool succeeded = false;
  for (u32 nth = 0; !succeeded; ++nth) {
    FakeKernel kernel;
    Object object = loaded(kernel, object_of({"raw_tp/a", "raw_tp/b", "raw_tp/c"}));
    const std::size_t before = test::open_descriptors();
    kernel.fail_call(nth, EIO);
    {
      const auto links = attach_all(object, options());
      succeeded = links.has_value();
      EXPECT_EQ(succeeded, nth >= 3) << nth;
    }
    EXPECT_EQ(test::open_descriptors(), before) << nth;
  }
}

TEST(Alternatives, AProgramThatTheKernelRefusesAndItsMapAreDoneWithout) {
  FakeKernel kernel;
  ObjectSpec spec = object_of({"raw_tp/a", "raw_tp/b"});
  const u32 ring = add_map(spec, "events", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
  add_map(spec, "counts", BPF_MAP_TYPE_HASH, 4, 8, 16);
  FunctionSpec& with_ring = spec.functions[0];
  with_ring.insns = {load::wide(1), load::wide_end(), mov_imm(0, 0), leave()};
  with_ring.relocations = {{.insn_index = 0, .kind = RelocationKind::map_fd, .target = ring}};
  ASSERT_TRUE(spec.prefer({"p0", "p1"}));
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    if (cmd == BPF_MAP_CREATE && attr.map_create.map_type == BPF_MAP_TYPE_RINGBUF) {
      return -EINVAL;
    }
    // The verifier refuses the call that took the place of the map.
    if (cmd == BPF_PROG_LOAD && attr.prog_load.insn_cnt == 4) {
      return -EINVAL;
    }
    return std::nullopt;
  };
  LoadReport report;
  Object object = loaded(kernel, std::move(spec), &report);
  EXPECT_EQ(object.map("events"), nullptr);
  EXPECT_NE(object.map("counts"), nullptr);
  EXPECT_EQ(object.program("p0"), nullptr);
  ASSERT_FALSE(report.notes.empty());
  EXPECT_THAT(report.notes.front(), HasSubstr("map 'events' is not created"));
  AttachReport attached;
  ASSERT_TRUE(attach_all(object, options(), &attached));
  EXPECT_EQ(states(attached), "p0 not loaded, p1 attached");
  EXPECT_THAT(attached.notes.at(0), HasSubstr("instead of 'p0', which was not loaded: program 'p0'"));
  ASSERT_TRUE(attached.programs[0].error);
  EXPECT_EQ(attached.programs[0].error->message(), object.why_not_loaded("p0")->message());
  EXPECT_EQ(object.why_not_loaded("p1"), nullptr);
}

TEST(Alternatives, AMapThatAnotherProgramNeedsIsNotDoneWithout) {
  FakeKernel kernel;
  ObjectSpec spec = object_of({"raw_tp/a", "raw_tp/b", "raw_tp/c"});
  const u32 ring = add_map(spec, "events", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096);
  for (const u32 user : {0U, 2U}) {
    spec.functions[user].insns = {load::wide(1), load::wide_end(), mov_imm(0, 0), leave()};
    spec.functions[user].relocations = {{.insn_index = 0, .kind = RelocationKind::map_fd, .target = ring}};
  }
  ASSERT_TRUE(spec.prefer({"p0", "p1"}));
  kernel.fail_command(BPF_MAP_CREATE, 0, EINVAL);
  const auto object =
      Object::load(std::move(spec), {.jobs = 1, .kernel = &kernel, .facts = &load::some_facts()});
  ASSERT_FALSE(object);
  EXPECT_THAT(object.error().message(), HasSubstr("map 'events'"));
}

TEST(Alternatives, AtLeastOneMustLoad) {
  FakeKernel kernel;
  ObjectSpec spec = object_of({"raw_tp/a", "raw_tp/b"});
  ASSERT_TRUE(spec.prefer({"p0", "p1"}));
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr&) -> std::optional<int> {
    return cmd == BPF_PROG_LOAD ? std::optional<int>(-EACCES) : std::nullopt;
  };
  const std::size_t before = test::open_descriptors();
  const auto object =
      Object::load(std::move(spec), {.jobs = 1, .kernel = &kernel, .facts = &load::some_facts()});
  ASSERT_FALSE(object);
  EXPECT_THAT(object.error().message(), HasSubstr("none of the alternatives p0, p1 can be loaded\n  p0: "));
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST(Alternatives, AreRefusedWhenTheyMakeNoSense) {
  ObjectSpec spec = object_of({"raw_tp/a", "raw_tp/b", "raw_tp/c"});
  spec.programs[1].autoload = false;
  EXPECT_EQ(spec.prefer({"p0"}).error().code(), Errc::invalid);
  EXPECT_EQ(spec.prefer({"p0", "p9"}).error().code(), Errc::not_found);
  EXPECT_EQ(spec.prefer({"p0", "p0"}).error().code(), Errc::invalid);
  EXPECT_TRUE(spec.prefer({"p0", "p1"}));
  EXPECT_TRUE(spec.programs[1].autoload);
  EXPECT_EQ(spec.prefer({"p2", "p1"}).error().message(), "program 'p1' is named as an alternative twice");
}

TEST(OldKernel, SaysWhatTheSectionNeeds) {
  FakeKernel kernel;
  Object object = loaded(kernel, object_of({"raw_tp.s/sys_enter"}));
  const host::Facts old({.kernel_release = "6.1.0"});
  kernel.fail_command(BPF_RAW_TRACEPOINT_OPEN, 0, EINVAL);
  const auto link = attach_program(*object.program("p0"), {.facts = &old});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::unsupported);
  EXPECT_THAT(link.error().message(), HasSubstr("section raw_tp.s needs Linux 7.1, and this is Linux 6.1"));
}

TEST(DetachAll, DetachesEveryOneAndTellsOneError) {
  FakeKernel kernel;
  Object object = loaded(kernel, object_of({"raw_tp/a", "raw_tp/b"}));
  const std::size_t before = test::open_descriptors();
  auto links = attach_all(object, options());
  ASSERT_TRUE(links);
  ASSERT_TRUE(links->at(0).pin("/sys/fs/bpf/a"));
  kernel.fail_kind(kernel::CallKind::unlink, 0, EPERM);
  const auto done = detach_all(*links);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), Errc::denied);
  EXPECT_TRUE(links->empty());
  EXPECT_EQ(test::open_descriptors(), before + 1);  // the fake kernel's pin
}

}  // namespace
}  // namespace skep

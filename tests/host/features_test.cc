// What is known of a kernel's abilities: from its release, from a literal, and by asking it.
#include <gtest/gtest.h>

#include <cerrno>

#include "host/facts.h"
#include "kernel/fake_kernel.h"
#include "kernel/tracing_kernel.h"
#include "skep/uapi/attach_type.h"

namespace skep::host {
namespace {

using kernel::FakeKernel;

TEST(Release, IsTheFirstTwoNumbers) {
  EXPECT_EQ(parse_release("6.1.0-26-amd64"), (Release{6, 1}));
  EXPECT_EQ(parse_release("5.10"), (Release{5, 10}));
  EXPECT_EQ(parse_release("7.3-rc1"), (Release{7, 3}));
  EXPECT_LT((Release{5, 9}), (Release{5, 10}));
  for (const std::string_view bad : {"", "6", "6.", ".1", "six.one", "6-1", "x6.1"}) {
    EXPECT_FALSE(parse_release(bad)) << bad;
  }
}

TEST(Features, ALiteralReleaseDecidesAndAKnownFeatureOverrides) {
  const Facts old(
      KnownFacts{.kernel_release = "5.10.0-43-cloud-amd64",
                 .features = {{Feature::btf_float, Tri::yes}, {Feature::array_mmap, Tri::unknown}}});
  EXPECT_EQ(old.has(Feature::prog_bind_map), Tri::yes);
  EXPECT_EQ(old.has(Feature::btf_decl_tag), Tri::no);
  EXPECT_EQ(old.has(Feature::btf_float), Tri::yes);
  EXPECT_EQ(old.has(Feature::array_mmap), Tri::unknown);
  EXPECT_FALSE(old.lacks(Feature::array_mmap));
}

TEST(Features, WithoutAReleaseNothingIsKnownAndNothingLacking) {
  const Facts nothing(KnownFacts{});
  for (const FeatureRow& row : feature_rows) {
    EXPECT_EQ(nothing.has(row.feature), Tri::unknown) << row.name;
    EXPECT_FALSE(nothing.lacks(row.feature)) << row.name;
  }
}

TEST(Features, ARecentReleaseIsNotAsked) {
  FakeKernel kernel;
  const Facts facts(std::string(), KnownFacts{.kernel_release = "99.0"}, &kernel);
  for (const FeatureRow& row : feature_rows) {
    if (row.config.empty()) {
      EXPECT_EQ(facts.has(row.feature), Tri::yes) << row.name;
    }
  }
  EXPECT_TRUE(kernel.calls().empty());
}

TEST(Features, WhatConfigurationCanLeaveOutIsAskedOfRecentReleasesToo) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr&) -> std::optional<int> {
    return cmd == BPF_PROG_LOAD ? std::optional(-EINVAL) : std::nullopt;
  };
  const Facts facts(std::string(), KnownFacts{.kernel_release = "99.0"}, &kernel);
  EXPECT_EQ(facts.has(Feature::attach_cookie), Tri::no);
}

/// An old release, so that every feature is asked for.
Facts asking(kernel::Kernel& kernel) {
  return Facts(std::string(), KnownFacts{.kernel_release = "4.4.0"}, &kernel);
}

TEST(Features, AKernelThatTakesAllHasAll) {
  FakeKernel kernel;
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    // What is linked to is none; nor is there a process -1, which kernels say first that know processes from threads.
    const bool is_nobody = cmd == BPF_LINK_CREATE && attr.link_create.attach_type == BPF_TRACE_UPROBE_MULTI &&
                           attr.link_create.uprobe_multi.pid == ~u32{0};
    return is_nobody ? std::optional(-EINVAL) : cmd == BPF_LINK_CREATE ? std::optional(-EBADF) : std::nullopt;
  };
  for (const FeatureRow& row : feature_rows) {
    EXPECT_EQ(asking(kernel).has(row.feature), Tri::yes) << row.name;
  }
}

TEST(Features, ARefusalOfTheThingIsANoAndAnyOtherTellsNothing) {
  struct Case {
    int sys_errno;
    Tri answer;
  };
  for (const Case& one : {Case{EINVAL, Tri::no}, Case{E2BIG, Tri::no}, Case{EOPNOTSUPP, Tri::no},
                          Case{EPERM, Tri::unknown}, Case{ENOMEM, Tri::unknown}, Case{EMFILE, Tri::unknown},
                          Case{ENOSYS, Tri::unknown}, Case{EAGAIN, Tri::unknown}}) {
    for (const FeatureRow& row : feature_rows) {
      FakeKernel kernel;
      kernel.on_bpf = [&](bpf_cmd cmd, bpf_attr&) -> std::optional<int> {
        // The map that a probe needs besides is not what is asked for.
        const bool is_asked = cmd != BPF_MAP_CREATE || row.feature == Feature::array_mmap;
        return is_asked ? std::optional(-one.sys_errno) : std::nullopt;
      };
      const Tri answer = probe(row.feature, kernel);
      if (row.feature == Feature::prog_bind_map) {
        EXPECT_EQ(answer, Tri::unknown) << "its program was refused, not the binding";
      } else {
        EXPECT_EQ(answer, one.answer) << row.name << " " << one.sys_errno;
      }
    }
  }
}

TEST(Features, AnAnswerIsKeptAndAnUnknownIsAskedAgain) {
  FakeKernel kernel;
  const Facts facts = asking(kernel);
  kernel.fail_command(BPF_BTF_LOAD, 0, ENOMEM);
  EXPECT_EQ(facts.has(Feature::btf_float), Tri::unknown);
  EXPECT_EQ(facts.has(Feature::btf_float), Tri::yes);
  EXPECT_EQ(facts.has(Feature::btf_float), Tri::yes);
  EXPECT_EQ(kernel.calls(BPF_BTF_LOAD).size(), 2);
  EXPECT_EQ(asking(kernel).has(Feature::btf_float), Tri::yes) << "other facts about the same kernel";
  EXPECT_EQ(kernel.calls(BPF_BTF_LOAD).size(), 2);
  FakeKernel another;
  another.fail_command(BPF_BTF_LOAD, 0, EINVAL);
  EXPECT_EQ(asking(another).has(Feature::btf_float), Tri::no);
}

TEST(Features, ListenersAreToldWhatIsProbedAndShareTheAnswers) {
  FakeKernel kernel;
  std::vector<std::string_view> told;
  kernel::TracingKernel tracing(kernel, [&](const kernel::CallEvent&) {
    ASSERT_NE(being_probed(), nullptr);
    told.push_back(being_probed()->name);
  });
  EXPECT_EQ(asking(tracing).has(Feature::global_data), Tri::yes);
  EXPECT_EQ(told, (std::vector<std::string_view>{"global_data", "global_data"}));
  EXPECT_EQ(being_probed(), nullptr);
  EXPECT_EQ(asking(kernel).has(Feature::global_data), Tri::yes);
  EXPECT_EQ(kernel.calls().size(), 2);
}

}  // namespace
}  // namespace skep::host

// Links: what they hold, how they end, and what is left when a call fails.
#include "skep/link.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>

#include <cerrno>

#include "attach/attachment.h"
#include "attach/perf.h"
#include "base/text.h"
#include "kernel/fake_kernel.h"
#include "kernel/prog.h"
#include "skep/attach.h"
#include "skep/raw_tracepoint.h"
#include "skep/uapi/info_link.h"
#include "support/descriptors.h"

namespace skep {
namespace {

using kernel::CallKind;
using kernel::FakeKernel;

constexpr std::array<bpf_insn, 2> return_zero{
    bpf_insn{.code = 0xb7, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0},
    bpf_insn{.code = 0x95, .dst_reg = 0, .src_reg = 0, .off = 0, .imm = 0}};

Program program_in(kernel::Kernel& kernel, std::string section) {
  auto fd = kernel::prog_load(kernel, {.type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = return_zero});
  EXPECT_TRUE(fd);
  return Program(kernel, std::move(*fd), {.name = "probe", .section = std::move(section)});
}

TEST(Link, EndsWithItsHandle) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  const std::size_t before = test::open_descriptors();
  {
    auto link = attach_program(program);
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_EQ(link->place(), "raw tracepoint sched_switch");
    EXPECT_TRUE(link->fd());
    EXPECT_EQ(test::open_descriptors(), before + 1);
    EXPECT_EQ(kernel.calls(BPF_RAW_TRACEPOINT_OPEN).at(0).text, "sched_switch");
  }
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST(Link, DetachIsDoneOnceAndReleaseLeavesItAttached) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  auto link = attach_program(program);
  ASSERT_TRUE(link);
  EXPECT_TRUE(link->detach());
  EXPECT_TRUE(link->detach());
  EXPECT_FALSE(link->is_attached());
  EXPECT_EQ(link->pin("/sys/fs/bpf/x").error().code(), Errc::invalid);
  EXPECT_EQ(link->info().error().code(), Errc::invalid);

  auto left = attach_program(program);
  ASSERT_TRUE(left);
  const int raw = left->fd().raw();
  const std::size_t open = test::open_descriptors();
  left->release();
  EXPECT_FALSE(left->is_attached());
  EXPECT_EQ(test::open_descriptors(), open);
  Fd(raw).reset();
}

TEST(Link, APinnedLinkOutlivesItsHandleAndIsPinnedOnce) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  {
    auto link = attach_program(program);
    ASSERT_TRUE(link);
    ASSERT_TRUE(link->pin("/sys/fs/bpf/one"));
    const auto again = link->pin("/sys/fs/bpf/two");
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), Errc::invalid);
    EXPECT_EQ(again.error().message(),
              "raw tracepoint sched_switch: pin at /sys/fs/bpf/two: it is pinned at /sys/fs/bpf/one");
  }
  EXPECT_EQ(kernel.pins(), std::vector<std::string>{"/sys/fs/bpf/one"});
  auto opened = Link::open_pinned(kernel, "/sys/fs/bpf/one");
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_TRUE(opened->detach());
  EXPECT_TRUE(kernel.pins().empty());
  EXPECT_EQ(kernel.calls(BPF_LINK_DETACH).size(), 1U);
}

TEST(Link, UnpinningLeavesWhatSomebodyElsePinned) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  const std::string path = "/sys/fs/bpf/one";
  auto first = attach_program(program);
  ASSERT_TRUE(first->pin(path));
  ASSERT_EQ(kernel.unlink(path.c_str()), 0);  // a new instance takes its place
  auto second = attach_program(program);
  ASSERT_TRUE(second->pin(path));
  const auto unpinned = first->unpin();
  EXPECT_TRUE(unpinned) << unpinned.error().message();
  EXPECT_TRUE(first->pin_path().empty());
  EXPECT_EQ(kernel.pins(), std::vector<std::string>{path});
  EXPECT_TRUE(second->unpin());
  EXPECT_TRUE(kernel.pins().empty());

  ASSERT_TRUE(first->pin(path));
  ASSERT_EQ(kernel.unlink(path.c_str()), 0);
  ASSERT_TRUE(program.pin(path));
  EXPECT_TRUE(first->detach()) << "a program is no link of ours";
  EXPECT_EQ(kernel.pins(), std::vector<std::string>{path});
  ASSERT_EQ(kernel.unlink(path.c_str()), 0);

  ASSERT_TRUE(second->pin(path));
  ASSERT_EQ(kernel.unlink(path.c_str()), 0);
  EXPECT_TRUE(second->unpin()) << "what is not there is unpinned";

  ASSERT_TRUE(second->pin(path));
  kernel.fail_command(BPF_OBJ_GET, 0, EPERM);
  EXPECT_EQ(second->unpin().error().code(), Errc::denied) << "who may not look does not take away";
  EXPECT_EQ(kernel.pins(), std::vector<std::string>{path});
  EXPECT_TRUE(second->detach());
}

TEST(Link, AForcedDetachThatTheKernelCannotDoEndsWithTheLastPin) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  u32 id = 0;
  {
    auto link = attach_program(program);
    ASSERT_TRUE(link->pin("/sys/fs/bpf/one"));
    id = link->info()->id;
  }
  kernel.fail_command(BPF_LINK_DETACH, 0, EOPNOTSUPP);
  auto by_id = Link::open_id(kernel, id);
  ASSERT_TRUE(by_id);
  EXPECT_EQ(by_id->detach().error().code(), Errc::unsupported);
  kernel.fail_command(BPF_LINK_DETACH, 0, EOPNOTSUPP);
  EXPECT_TRUE(Link::open_pinned(kernel, "/sys/fs/bpf/one")->detach());
  EXPECT_EQ(Link::open_pinned(kernel, "/sys/fs/bpf/one").error().code(), Errc::not_found);
}

TEST(Link, AForcedDetachThatTheKernelCannotDoSaysWhenAnotherHoldsTheLink) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  auto held = attach_program(program);
  ASSERT_TRUE(held->pin("/sys/fs/bpf/one"));
  kernel.fail_command(BPF_LINK_DETACH, 0, EOPNOTSUPP);
  const auto detached = Link::open_pinned(kernel, "/sys/fs/bpf/one")->detach();
  ASSERT_FALSE(detached);
  EXPECT_EQ(detached.error().code(), Errc::unsupported);
  EXPECT_NE(detached.error().message().find("somebody else holds it"), std::string::npos);
  EXPECT_TRUE(kernel.pins().empty());
}

TEST(Link, WhatThePinHoldsMustBeALink) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  ASSERT_TRUE(program.pin("/sys/fs/bpf/p"));
  const auto opened = Link::open_pinned(kernel, "/sys/fs/bpf/p");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::invalid);
}

TEST(Link, UpdateSaysWhatCannotBeUpdated) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  auto link = attach_program(program);
  ASSERT_TRUE(link);
  EXPECT_TRUE(link->update(program));
  EXPECT_EQ(kernel.calls(BPF_LINK_UPDATE).at(0).attributes().link_update.new_prog_fd,
            static_cast<u32>(program.fd().raw()));
  kernel.fail_command(BPF_LINK_UPDATE, 0, EOPNOTSUPP);
  EXPECT_EQ(link->update(program).error().code(), Errc::unsupported);
  kernel.fail_command(BPF_LINK_UPDATE, 0, EINVAL);
  EXPECT_EQ(link->update(program).error().code(), Errc::unsupported) << "tracing links have no update";
  kernel.on_bpf = [](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
    if (cmd != BPF_OBJ_GET_INFO_BY_FD) {
      return std::nullopt;
    }
    reinterpret_cast<bpf_link_info*>(static_cast<std::uintptr_t>(attr.info.info))->type =
        BPF_LINK_TYPE_CGROUP;
    return 0;
  };
  kernel.fail_command(BPF_LINK_UPDATE, 0, EINVAL);
  EXPECT_EQ(link->update(program).error().code(), Errc::invalid) << "these have: the program is wrong";
}

TEST(Link, SeveralEndTogetherAndTellTheFirstError) {
  std::vector<int> ended;
  std::vector<Link> parts;
  for (int i = 0; i < 3; ++i) {
    parts.push_back(attach::make_undoable_link(
        [&ended, i]() -> Result<void> {
          ended.push_back(i);
          return i == 1 ? Result<void>(fail(Errc::kernel, "the second will not")) : Result<void>();
        },
        "part"));
  }
  Link all = attach::combine(std::move(parts), "three places");
  EXPECT_EQ(all.pin("/x").error().code(), Errc::unsupported);
  EXPECT_FALSE(all.fd());
  const auto done = all.detach();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "three places: the second will not");
  EXPECT_EQ(ended, (std::vector<int>{2, 1, 0}));
}

TEST(Link, ReleasedPartsAreNotUndone) {
  int ended = 0;
  {
    std::vector<Link> parts;
    for (int i = 0; i < 2; ++i) {
      parts.push_back(attach::make_undoable_link(
          [&ended]() -> Result<void> {
            ++ended;
            return {};
          },
          "part"));
    }
    attach::combine(std::move(parts), "two").release();
  }
  EXPECT_EQ(ended, 0);
}

struct PerfRow {
  const char* release;
  bool is_link;
};

TEST(PerfEvent, IsALinkSinceLinux515AndAnIoctlBefore) {
  for (const PerfRow& row : {PerfRow{"5.10.0", false}, PerfRow{"6.12.0", true}}) {
    FakeKernel kernel;
    // 5.10: the probe for links to perf events is answered no.
    kernel.on_bpf = [&](bpf_cmd cmd, bpf_attr& attr) -> std::optional<int> {
      return cmd == BPF_LINK_CREATE && attr.link_create.attach_type == BPF_PERF_EVENT && !row.is_link
                 ? std::optional<int>(-EINVAL)
                 : std::nullopt;
    };
    const Program program = program_in(kernel, "kprobe/f");
    const host::Facts machine(
        {.kernel_release = row.release,
         .features = {{host::Feature::perf_link, row.is_link ? host::Tri::yes : host::Tri::no}}});
    int undone = 0;
    const attach::Undo undo = [&undone]() -> Result<void> {
      ++undone;
      return {};
    };
    const std::size_t before = test::open_descriptors();
    {
      perf_event_attr attr{};
      attr.size = sizeof attr;
      auto made = attach::attach_perf_event(program, Fd(kernel.perf_event_open(attr, {.pid = -1, .cpu = 0})),
                                            0, machine, undo);
      ASSERT_TRUE(made) << made.error().message();
      EXPECT_EQ((*made)->link_fd() != nullptr, row.is_link);
      EXPECT_EQ(undone, 0);
    }
    EXPECT_EQ(undone, 1) << row.release;
    EXPECT_EQ(test::open_descriptors(), before);
  }
}

TEST(PerfEvent, EveryCallThatFailsLeavesNothing) {
  for (const bool is_link : {false, true}) {
    for (u32 nth = 0;; ++nth) {
      FakeKernel kernel;
      const Program program = program_in(kernel, "kprobe/f");
      const host::Facts machine(
          {.features = {{host::Feature::perf_link, is_link ? host::Tri::yes : host::Tri::no}}});
      const std::size_t before = test::open_descriptors();
      int undone = 0;
      perf_event_attr attr{};
      attr.size = sizeof attr;
      Fd event(kernel.perf_event_open(attr, {.pid = -1, .cpu = 0}));
      kernel.fail_call(nth, EIO);
      const auto made =
          attach::attach_perf_event(program, std::move(event), 0, machine, [&undone]() -> Result<void> {
            ++undone;
            return {};
          });
      if (made) {
        EXPECT_EQ(nth, 2U);
        break;
      }
      EXPECT_EQ(made.error().sys_errno(), EIO);
      EXPECT_EQ(test::open_descriptors(), before) << nth;
      EXPECT_EQ(undone, 1) << nth;
    }
  }
}

TEST(PerfEvent, ACookieOnAnOldKernelSaysWhatIsNeeded) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "kprobe/f");
  const host::Facts machine({.features = {{host::Feature::perf_link, host::Tri::no}}});
  perf_event_attr attr{};
  attr.size = sizeof attr;
  const auto made =
      attach::attach_perf_event(program, Fd(kernel.perf_event_open(attr, {.cpu = 0})), 7, machine);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Errc::unsupported);
  EXPECT_NE(made.error().message().find("needs Linux 5.15"), std::string::npos);
}

struct SectionCase {
  const char* section;
  const char* error;
};

TEST(AttachBySection, SaysWhatIsMissing) {
  FakeKernel kernel;
  for (const SectionCase& row : {
           SectionCase{"raw_tp",
                       "program 'probe' (section raw_tp): the section names no target; want raw_tp/NAME, as "
                       "in SEC(\"raw_tp/sched_switch\")"},
           SectionCase{"nonsense",
                       "program 'probe' (section nonsense): the section does not say what to attach to"},
       }) {
    const Program program = program_in(kernel, row.section);
    const auto link = attach_program(program);
    ASSERT_FALSE(link) << row.section;
    EXPECT_EQ(link.error().code(), Errc::invalid);
    EXPECT_EQ(link.error().message(), row.error);
  }
}

TEST(RawTracepoint, ACookieOnAnOldKernelSaysWhatIsNeeded) {
  FakeKernel kernel;
  const Program program = program_in(kernel, "raw_tp/sched_switch");
  kernel.fail_command(BPF_RAW_TRACEPOINT_OPEN, 0, EINVAL);
  const auto link = attach_raw_tracepoint(program, {.name = "sched_switch", .cookie = 7});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::unsupported);
  EXPECT_NE(link.error().message().find("needs Linux 6.10"), std::string::npos);
}

}  // namespace
}  // namespace skep

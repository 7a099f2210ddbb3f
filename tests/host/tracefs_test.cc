// Event sources and the tracing file system, as directories.
#include "host/tracefs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "host/pmu.h"
#include "host/root.h"

namespace skep::host {
namespace {

using test::Root;
using testing::HasSubstr;

TEST(ProbeSource, IsReadFromSysfsOnce) {
  Root root;
  const std::string folder = "/sys/bus/event_source/devices/kprobe/";
  root.file(folder + "type", "6\n").file(folder + "format/retprobe", "config:0\n");
  const auto source = probe_source(root.path(), "kprobe", {.returns = true, .semaphores = true});
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_EQ(source->type, 6);
  EXPECT_EQ(source->return_bit, 0);
  EXPECT_FALSE(source->has_semaphores);
  root.file(folder + "type", "7\n");
  EXPECT_EQ(probe_source(root.path(), "kprobe")->type, 6) << "the numbers of a running kernel do not change";
}

TEST(ProbeSource, UprobesHaveSemaphores) {
  Root root;
  const std::string folder = "/sys/bus/event_source/devices/uprobe/";
  root.file(folder + "type", "7\n")
      .file(folder + "format/retprobe", "config:1\n")
      .file(folder + "format/ref_ctr_offset", "config:32-63\n");
  const auto source = probe_source(root.path(), "uprobe", {.returns = true, .semaphores = true});
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_EQ(source->return_bit, 1);
  EXPECT_TRUE(source->has_semaphores);
  EXPECT_EQ(source->semaphore_shift, 32);
}

TEST(ProbeSource, OnlyWhatIsNeededIsRead) {
  Root root;
  root.file("/sys/bus/event_source/devices/uprobe/type", "7\n");
  const auto source = probe_source(root.path(), "uprobe");
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_EQ(source->type, 7);
  EXPECT_EQ(probe_source(root.path(), "uprobe", {.returns = true}).error().code(), Errc::not_found);
  EXPECT_FALSE(probe_source(root.path(), "uprobe", {.semaphores = true})->has_semaphores);
}

TEST(ProbeSource, ItsAbsenceIsNotRemembered) {
  Root root;
  EXPECT_EQ(probe_source(root.path(), "kprobe").error().code(), Errc::not_found);
  const std::string folder = "/sys/bus/event_source/devices/kprobe/";
  root.file(folder + "type", "six\n").file(folder + "format/retprobe", "config:0\n");
  EXPECT_EQ(probe_source(root.path(), "kprobe").error().code(), Errc::malformed);
  root.file(folder + "type", "6\n").file(folder + "format/retprobe", "config:64\n");
  EXPECT_EQ(probe_source(root.path(), "kprobe", {.returns = true}).error().code(), Errc::malformed);
  root.file(folder + "format/retprobe", "config:63\n");
  EXPECT_EQ(probe_source(root.path(), "kprobe", {.returns = true})->return_bit, 63);
}

TEST(Tracefs, IsFoundWhereItIsMounted) {
  Root root;
  const auto none = find_tracefs(root.path());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
  EXPECT_THAT(none.error().message(), HasSubstr("mount -t tracefs"));
  root.file("/sys/kernel/debug/tracing/events/enable", "0");
  EXPECT_THAT(find_tracefs(root.path()).value(), testing::EndsWith("/sys/kernel/debug/tracing"));
  root.file("/sys/kernel/tracing/events/enable", "0");
  EXPECT_THAT(find_tracefs(root.path()).value(), testing::EndsWith("/sys/kernel/tracing"));
}

TEST(Tracefs, TracepointsHaveNumbers) {
  Root root;
  root.file("/sys/kernel/tracing/events/sched/sched_switch/id", "314\n")
      .file("/sys/kernel/tracing/events/sched/sched_wakeup/id", "junk\n")
      .file("/sys/kernel/tracing/events/sched/enable", "0\n");
  EXPECT_EQ(tracepoint_id(root.path(), "sched", "sched_switch").value(), 314);
  EXPECT_EQ(tracepoint_id(root.path(), "sched", "sched_wakeup").error().code(), Errc::malformed);
  EXPECT_EQ(tracepoint_id(root.path(), "sched", "..").error().code(), Errc::invalid);
  EXPECT_EQ(tracepoint_id(root.path(), "", "x").error().code(), Errc::invalid);
  const auto no_event = tracepoint_id(root.path(), "sched", "sched_swich");
  ASSERT_FALSE(no_event);
  EXPECT_EQ(no_event.error().code(), Errc::not_found);
  EXPECT_THAT(no_event.error().message(), HasSubstr("near it are: sched_switch"));
  const auto no_category = tracepoint_id(root.path(), "shed", "sched_switch");
  ASSERT_FALSE(no_category);
  EXPECT_THAT(no_category.error().message(), HasSubstr("categories near it are: sched"));
}

TEST(Tracefs, ProbesAreLinesOfText) {
  const ProbeLine probe{.is_return = false, .event = "p1_0_f", .place = "f+0x10"};
  EXPECT_EQ(text_of(probe), "p:skep/p1_0_f f+0x10");
  EXPECT_EQ(removal_of(probe), "-:skep/p1_0_f");
  EXPECT_EQ(text_of({.is_return = true, .event = "e", .place = "mod:f"}), "r:skep/e mod:f");
}

TEST(Tracefs, EventNamesAreUsedOnce) {
  std::set<std::string> names;
  for (int i = 0; i < 10; ++i) {
    names.insert(unused_event_name("a.b:c+0x1"));
  }
  EXPECT_EQ(names.size(), 10);
  for (const std::string& name : names) {
    EXPECT_THAT(name, testing::MatchesRegex("p[0-9]+_[0-9a-f]+_[0-9]+_a_b_c_0x1"));
  }
  EXPECT_EQ(unused_event_name(std::string(200, 'x')).size(), 63) << "the kernel's limit is 64 with the NUL";
}

TEST(Tracefs, EventNamesTellTheirOwnerAndHisNamespace) {
  const std::string name = unused_event_name("f");
  const auto owner = owner_of_event(name);
  ASSERT_TRUE(owner) << name;
  EXPECT_EQ(owner->pid, ::getpid());
  EXPECT_EQ(owner->hint, "f");
  struct stat facts{};
  ASSERT_EQ(::stat("/proc/self/ns/pid", &facts), 0);
  EXPECT_EQ(owner->pid_namespace, facts.st_ino);
  for (const char* other :
       {"", "p", "p1", "p1_f0", "p1_0_f", "p1_f0_x_f", "q1_f0_1_f", "p1_f0_1", "p-1_f0_1_f"}) {
    EXPECT_FALSE(owner_of_event(other)) << other;
  }
}

}  // namespace
}  // namespace skep::host

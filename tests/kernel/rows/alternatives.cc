// Whole objects on real kernels: alternatives, and links that are pinned, found again and detached.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>

#include "base/text.h"
#include "kernel/rows/row.h"
#include "support/release.h"

namespace skep::rows {
namespace {

using testing::HasSubstr;

ObjectSpec alternatives() {
  auto spec = ObjectSpec::read_file(SKEP_BUILD_DIR "/rows/alternatives.bpf.o");
  EXPECT_TRUE(spec) << spec.error().message();
  return std::move(*spec);
}

struct Answer {
  int status = -1;
  std::string text;
};

/// Runs the command `skep` with these arguments; standard error goes where the result goes.
Answer skep(const std::string& arguments) {
  Answer answer;
  FILE* const pipe = ::popen(cat(SKEP_BUILD_DIR "/skep ", arguments, " 2>&1").c_str(), "r");
  if (pipe == nullptr) {
    return answer;
  }
  std::array<char, 4096> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) {
    answer.text += part.data();
  }
  const int status = ::pclose(pipe);
  answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return answer;
}

TEST(Alternatives, TheFirstThatThisKernelCanDoIsAttached) {
  ObjectSpec spec = alternatives();
  ASSERT_TRUE(spec.prefer({"by_session", "by_multi", "by_kprobe"}));
  LoadReport loaded;
  auto object = Object::load(std::move(spec), {}, &loaded);
  ASSERT_TRUE(object) << object.error().message();
  AttachReport report;
  auto links = attach_all(*object, {}, &report);
  ASSERT_TRUE(links) << links.error().message();
  ASSERT_EQ(links->size(), 1U);
  static_cast<void>(::getpgid(0));
  EXPECT_GT(value_of(*object, "hits").value(), 0U);
  // Between the releases it depends on the configuration (CONFIG_FPROBE, which Debian's 6.1 lacks).
  const u64 way = value_of(*object, "way").value();
  const u64 expected = test::is_before(5, 18) ? 3 : test::is_before(6, 10) ? (way == 2 ? 2 : 3) : 1;
  EXPECT_EQ(way, expected) << test::this_release();
  EXPECT_EQ(report.notes.size(), expected - 1);
  EXPECT_EQ(object->map("commands") == nullptr, test::is_before(6, 1));
  if (test::is_before(5, 18)) {
    // Planning may find before the kernel does what else the program needs.
    EXPECT_THAT(
        loaded.programs.at(0).error->message(),
        testing::AnyOf(HasSubstr("section kprobe.session needs Linux 6.10"), HasSubstr("since 5.13")));
  }
  ASSERT_TRUE(detach_all(*links));
  const u64 before = value_of(*object, "hits").value();
  static_cast<void>(::getpgid(0));
  EXPECT_EQ(value_of(*object, "hits").value(), before);
}

TEST(Links, APinnedLinkIsListedDescribedAndDetachedByItsPin) {
  if (test::is_before(5, 8)) {
    GTEST_SKIP() << "Linux " << test::this_release() << " does not describe links";
  }
  auto spec = ObjectSpec::read_file(SKEP_BUILD_DIR "/rows/raw_tracepoint.bpf.o");
  ASSERT_TRUE(spec) << spec.error().message();
  for (ProgramSpec& program : spec->programs) {
    program.autoload = program.name == "raw_tp";
  }
  auto object = Object::load(std::move(*spec));
  ASSERT_TRUE(object) << object.error().message();
  const std::string pin = "/sys/fs/bpf/seen";
  {
    auto links = attach_all(*object);
    ASSERT_TRUE(links) << links.error().message();
    ASSERT_TRUE(links->at(0).pin(pin));
    EXPECT_EQ(links->at(0).pin("/sys/fs/bpf/again").error().code(), Errc::invalid);
  }
  auto link = Link::open_pinned(pin);
  ASSERT_TRUE(link) << link.error().message();
  const auto info = link->info();
  ASSERT_TRUE(info) << info.error().message();
  EXPECT_EQ(info->type, BPF_LINK_TYPE_RAW_TRACEPOINT);
  EXPECT_EQ(info->target, "raw tracepoint sys_enter");
  const auto ids = link_ids();
  ASSERT_TRUE(ids);
  EXPECT_NE(std::ranges::find(*ids, info->id), ids->end());
  {
    const auto by_id = Link::open_id(info->id);
    ASSERT_TRUE(by_id) << by_id.error().message();
  }
  const auto detached = link->detach();
  ASSERT_TRUE(detached) << detached.error().message();
  EXPECT_LT(::access(pin.c_str(), F_OK), 0);
}

TEST(Command, AttachesPinsListsAndDetaches) {
  const std::string object = SKEP_BUILD_DIR "/rows/raw_tracepoint.bpf.o";
  const Answer pinned = skep(cat("attach ", object, " --only raw_tp --pin /sys/fs/bpf/kept"));
  ASSERT_EQ(pinned.status, 0) << pinned.text;
  EXPECT_THAT(pinned.text, HasSubstr("raw tracepoint sys_enter"));
  EXPECT_EQ(::access("/sys/fs/bpf/kept/raw_tp", F_OK), 0);
  const Answer listed = skep("link list --json");
  EXPECT_THAT(listed.text, HasSubstr(R"("target":"raw tracepoint sys_enter")"));
  const Answer detached = skep("link detach pinned /sys/fs/bpf/kept/raw_tp");
  EXPECT_EQ(detached.status, 0) << detached.text;
  EXPECT_LT(::access("/sys/fs/bpf/kept/raw_tp", F_OK), 0);

  const Answer chosen =
      skep("attach " SKEP_BUILD_DIR
           "/rows/alternatives.bpf.o --first-of by_session,by_multi,by_kprobe --for 0 --json");
  EXPECT_EQ(chosen.status, 0) << chosen.text;
  EXPECT_THAT(chosen.text, HasSubstr(R"("state":"attached")"));
}

TEST(Command, StaysAttachedUntilInterruptedAndLeavesNothing) {
  // Ids rise; links of tests before this may still be on their way out.
  const std::vector<u32> there = link_ids().value();
  const u32 before = there.empty() ? 0 : there.back();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(SKEP_BUILD_DIR "/skep", "skep", "attach", SKEP_BUILD_DIR "/rows/raw_tracepoint.bpf.o", "--only",
            "raw_tp", nullptr);
    ::_exit(127);
  }
  const auto count = [before](bool more) {
    for (int tries = 0; tries < 200; ++tries) {
      const std::vector<u32> now = link_ids().value();
      if ((!now.empty() && now.back() > before) == more) {
        return true;
      }
      ::usleep(50000);
    }
    return false;
  };
  EXPECT_TRUE(count(true));
  ::kill(child, SIGINT);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(count(false));
}

}  // namespace
}  // namespace skep::rows

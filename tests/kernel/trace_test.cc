// Tracing on a real kernel: what rows (tests/kernel/rows) do not prove. Cookies, probes made by text and left behind by a process that was killed, ambiguous names, narrowed walks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "base/file.h"
#include "base/text.h"
#include "host/kallsyms.h"
#include "host/tracefs.h"
#include "skep/attach.h"
#include "skep/iterator.h"
#include "skep/kprobe.h"
#include "skep/perf_event.h"
#include "skep/tracepoint.h"
#include "support/permitted.h"
#include "support/release.h"

namespace skep {
namespace {

using testing::HasSubstr;

class Tracing : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(test::in_guest()) << "this belongs into a guest: tests/kernel/run"; }

  /// The object of the rows, with one of its programs.
  static Result<Object> with(std::string_view program) {
    auto spec = ObjectSpec::read_file(cat(SKEP_BUILD_DIR, "/rows/trace.bpf.o"));
    if (!spec) {
      return std::unexpected(std::move(spec).error());
    }
    for (ProgramSpec& one : spec->programs) {
      one.autoload = one.name == program;
    }
    return Object::load(std::move(*spec));
  }
  static u64 value_of(Object& object, std::string_view name) {
    u64 value = 0;
    EXPECT_TRUE(object.variable(name)->read(std::as_writable_bytes(std::span(&value, 1))));
    return value;
  }
  static std::string probes() {
    return read_text(cat(host::find_tracefs({}).value(), "/kprobe_events")).value_or("unreadable");
  }
};

constexpr const char* own_function = "__x64_sys_getpgid";

TEST_F(Tracing, ACookieReachesTheProgram) {
  SKEP_SKIP_BEFORE(5, 15, "has no cookies");
  auto object = with("reads_cookie");
  ASSERT_TRUE(object) << object.error().message();
  const auto link = attach_kprobe(object->programs()[0], {.function = own_function, .cookie = 0x1234});
  ASSERT_TRUE(link) << link.error().message();
  static_cast<void>(::getpgid(0));
  EXPECT_EQ(value_of(*object, "cookie"), 0x1234U);
}

TEST_F(Tracing, AProbeMadeByTextCountsAndLeavesNothing) {
  auto object = with("on_kprobe");
  ASSERT_TRUE(object) << object.error().message();
  {
    const auto link =
        attach_kprobe(object->programs()[0], {.function = own_function, .method = ProbeMethod::tracefs});
    ASSERT_TRUE(link) << link.error().message();
    EXPECT_THAT(probes(), HasSubstr(own_function));
    static_cast<void>(::getpgid(0));
    EXPECT_GE(value_of(*object, "hits"), 1U);
  }
  EXPECT_THAT(probes(), testing::Not(HasSubstr(own_function)));
}

TEST_F(Tracing, WhatAKilledProcessLeftInTracefsIsTakenAwayByTheNext) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto object = with("on_kprobe");
    if (object) {
      const auto link =
          attach_kprobe(object->programs()[0], {.function = own_function, .method = ProbeMethod::tracefs});
      ::raise(SIGKILL);
    }
    ::_exit(1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const std::string left = cat("skep/p", child, "_");
  EXPECT_THAT(probes(), HasSubstr(left)) << "no way but a sweep can take it away";
  auto object = with("on_kprobe");
  ASSERT_TRUE(object);
  ASSERT_TRUE(
      attach_kprobe(object->programs()[0], {.function = own_function, .method = ProbeMethod::tracefs}));
  EXPECT_THAT(probes(), testing::Not(HasSubstr(left)));
}

TEST_F(Tracing, NamesThatDoNotExistAreToldWithTheNearest) {
  auto object = with("on_kprobe");
  ASSERT_TRUE(object) << object.error().message();
  const auto refused = attach_kprobe(object->programs()[0], {.function = "__x64_sys_getpgit"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::not_found);
  EXPECT_THAT(refused.error().message(), HasSubstr("__x64_sys_getpgid"));
}

TEST_F(Tracing, AmbiguousNamesAreListed) {
  SKEP_SKIP_BEFORE(6, 6, "takes the first function of a name");
  // Every configuration has several of these.
  const char* name = nullptr;
  for (const char* candidate : {"show", "store", "release", "name_show", "type_show", "t_start", "cleanup"}) {
    const auto symbols = host::symbols_named("/proc/kallsyms", candidate);
    if (symbols && symbols->size() > 1) {
      name = candidate;
      break;
    }
  }
  ASSERT_NE(name, nullptr);
  auto object = with("on_kprobe");
  ASSERT_TRUE(object) << object.error().message();
  const auto refused = attach_kprobe(object->programs()[0], {.function = name});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::invalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("(the kernel)"));
  const auto symbols = host::symbols_named("/proc/kallsyms", name);
  const auto link = attach_kprobe(object->programs()[0], {.address = symbols->front().address});
  EXPECT_TRUE(link) << link.error().message();
}

TEST_F(Tracing, AWalkOfOneProcess) {
  SKEP_SKIP_BEFORE(6, 1, "walks all tasks only");
  auto object = with("on_iter");
  ASSERT_TRUE(object) << object.error().message();
  const auto link = attach_iterator(object->programs()[0], {.process = static_cast<u32>(::getpid())});
  ASSERT_TRUE(link) << link.error().message();
  const auto text = read_iterator(*link);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text, cat("task ", ::getpid(), "\n"));
}

TEST_F(Tracing, CountersOfOneProcess) {
  auto object = with("on_perf_event");
  ASSERT_TRUE(object) << object.error().message();
  auto link = attach_perf_event_program(
      object->programs()[0], {.counter = PerfEventTarget::Counter::page_faults, .period = 1, .pid = 0});
  ASSERT_TRUE(link) << link.error().message();
  constexpr std::size_t bytes = std::size_t{64} << 12;
  void* fresh = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(fresh, MAP_FAILED);
  std::memset(fresh, 1, bytes);
  ::munmap(fresh, bytes);
  EXPECT_GE(value_of(*object, "hits"), 1U);
  EXPECT_TRUE(link->detach());
  const auto none = attach_perf_event_program(object->programs()[0], {.frequency = 10, .pid = 4'000'000});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
}

}  // namespace
}  // namespace skep

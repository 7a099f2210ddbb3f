// Tracing on a real kernel: what rows (tests/kernel/rows) do not prove. Cookies, probes made by text and left behind by a process that was killed, ambiguous names, narrowed walks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <latch>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "host/kallsyms.h"
#include "host/tracefs.h"
#include "skep/attach.h"
#include "skep/iterator.h"
#include "skep/kprobe.h"
#include "skep/perf_event.h"
#include "skep/tracepoint.h"
#include "skep/uprobe.h"
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

constexpr u64 pages = 2048;

/// So many page faults of this thread, at least. Small pages are not merged into huge ones.
void fault() {
  constexpr std::size_t bytes = pages << 12;
  void* fresh = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(fresh, MAP_FAILED);
  ::madvise(fresh, bytes, MADV_NOHUGEPAGE);
  std::memset(fresh, 1, bytes);
  ::munmap(fresh, bytes);
}

/// A thread that faults when it is told to.
class Waiting {
 public:
  Waiting()
      : thread_([this] {
          begin_.wait();
          fault();
        }) {}
  void run() {
    begin_.count_down();
    thread_.join();
  }

 private:
  std::latch begin_{1};
  std::thread thread_;
};

TEST_F(Tracing, CountersOfAProcessCountItsThreadsOldAndNew) {
  auto object = with("on_perf_event");
  ASSERT_TRUE(object) << object.error().message();
  Waiting old;
  auto link = attach_perf_event_program(
      object->programs()[0], {.counter = PerfEventTarget::Counter::page_faults, .period = 1, .pid = 0});
  ASSERT_TRUE(link) << link.error().message();
  u64 before = value_of(*object, "hits");
  const auto counted_since = [&] {
    const u64 now = value_of(*object, "hits");
    return now - std::exchange(before, now);
  };
  fault();
  EXPECT_GE(counted_since(), pages) << "this thread";
  old.run();
  EXPECT_GE(counted_since(), pages) << "a thread that was there before";
  Waiting().run();
  EXPECT_GE(counted_since(), pages) << "a thread that started later";
  static_cast<void>(counted_since());
  const pid_t child = ::fork();
  if (child == 0) {
    fault();
    ::_exit(0);
  }
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  if (test::is_before(5, 13)) {
    EXPECT_GE(counted_since(), pages) << "processes inherit as well";
  } else {
    EXPECT_LT(counted_since(), pages) << "another process";
  }
  EXPECT_TRUE(link->detach());
  static_cast<void>(counted_since());
  fault();
  Waiting().run();
  EXPECT_EQ(counted_since(), 0U);
}

TEST_F(Tracing, CountersOfOneThread) {
  auto object = with("on_perf_event");
  ASSERT_TRUE(object) << object.error().message();
  Waiting old;
  auto link = attach_perf_event_program(
      object->programs()[0], {.counter = PerfEventTarget::Counter::page_faults, .period = 1, .tid = 0});
  ASSERT_TRUE(link) << link.error().message();
  fault();
  const u64 own = value_of(*object, "hits");
  EXPECT_GE(own, pages);
  old.run();
  Waiting().run();
  EXPECT_LT(value_of(*object, "hits"), own + pages);
  EXPECT_TRUE(link->detach());
  const auto none = attach_perf_event_program(object->programs()[0], {.frequency = 10, .pid = 4'000'000});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
}

TEST_F(Tracing, InheritedCountersMayLackTheCookie) {
  SKEP_SKIP_BEFORE(5, 15, "has no cookies");
  auto object = with("reads_event_cookie");
  ASSERT_TRUE(object) << object.error().message();
  const auto link = attach_perf_event_program(
      object->programs()[0],
      {.counter = PerfEventTarget::Counter::page_faults, .period = 1, .pid = 0, .cookie = 7});
  ASSERT_TRUE(link) << link.error().message();
  fault();
  EXPECT_EQ(value_of(*object, "cookie"), 7U);
  u64 seen = 1;
  std::thread([&] {
    fault();
    seen = value_of(*object, "cookie");
  }).join();
  // The kernel swaps the events of two threads when one makes room for the other, so the first thread's may be the one that counts here.
  EXPECT_TRUE(seen == 0 || seen == 7) << seen;
}

/// What uprobes are put on.
extern "C" [[gnu::noinline, gnu::used]] void skep_probed_function() {
  asm volatile("" ::: "memory");
}

TEST_F(Tracing, UprobesOfAProcessAreHitByAllItsThreadsAndNobodyElse) {
  for (const char* name : {"on_kprobe", "on_uprobe_multi"}) {
    const bool is_multi = std::string_view(name) == "on_uprobe_multi";
    if (is_multi && test::is_before(6, 6)) {
      continue;
    }
    auto object = with(name);
    ASSERT_TRUE(object) << object.error().message();
    std::latch begin(1);
    std::thread old([&] {
      begin.wait();
      skep_probed_function();
    });
    const Program& program = object->programs()[0];
    const std::string self = "/proc/self/exe";
    const auto link =
        is_multi
            ? attach_uprobe_multi(program, {.path = self, .functions = {"skep_probed_function"}, .pid = 0})
            : attach_uprobe(program, {.path = self, .function = "skep_probed_function", .pid = 0});
    begin.count_down();
    old.join();
    ASSERT_TRUE(link) << link.error().message();
    std::thread(skep_probed_function).join();
    skep_probed_function();
    EXPECT_EQ(value_of(*object, "hits"), 3U) << name;
    const pid_t child = ::fork();
    if (child == 0) {
      skep_probed_function();
      ::_exit(0);
    }
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(value_of(*object, "hits"), 3U) << name;
  }
}

TEST_F(Tracing, FunctionsOfModulesAreProbedByTheModulesName) {
  auto object = with("on_kprobe");
  ASSERT_TRUE(object) << object.error().message();
  const Program& program = object->programs()[0];
  for (const ProbeMethod method : {ProbeMethod::automatic, ProbeMethod::tracefs}) {
    const auto link = attach_kprobe(program, {.function = "nf_conntrack:nf_conntrack_in", .method = method});
    EXPECT_TRUE(link) << link.error().message();
    const auto absent =
        attach_kprobe(program, {.function = "no_such_module:nf_conntrack_in", .method = method});
    ASSERT_FALSE(absent);
    EXPECT_EQ(absent.error().code(), Errc::not_found);
    EXPECT_THAT(absent.error().message(),
                HasSubstr("module 'no_such_module' is not loaded; 'nf_conntrack_in' is at "));
    const auto other = attach_kprobe(program, {.function = "nf_conntrack:do_unlinkat", .method = method});
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().message(), HasSubstr("module 'nf_conntrack' has no function 'do_unlinkat'"));
  }
  EXPECT_THAT(probes(), testing::Not(HasSubstr("nf_conntrack")));
}

}  // namespace
}  // namespace skep

// Uprobes and USDT probes on a kernel of their own: on functions of this very program, of libc and libstdc++ as Debian ships them, of a Go program and of a stripped static one. tests/kernel/run
// boots the kernel; nothing of this runs on the machine itself.
#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "base/file.h"
#include "base/text.h"
#include "skep/object.h"
#include "skep/uprobe.h"
#include "skep/usdt.h"
#include "support/permitted.h"
#include "support/release.h"
#include "user/targets.h"

namespace skep {
namespace {

using testing::HasSubstr;

constexpr const char* self = "/proc/self/exe";
const std::string objects = SKEP_BUILD_DIR "/tests/user/";

class User : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::in_guest()) {
      GTEST_SKIP() << "for guests: probes are put into files that other processes run";
    }
    load("user.bpf.o");
  }
  void load(const std::string& name, std::initializer_list<std::string_view> programs = {}) {
    auto spec = ObjectSpec::read_file(objects + name);
    ASSERT_TRUE(spec) << spec.error().message();
    for (ProgramSpec& program : spec->programs) {
      for (const std::string_view wanted : programs) {
        program.autoload = program.autoload || program.name == wanted;
      }
    }
    auto loaded = Object::load(std::move(*spec));
    ASSERT_TRUE(loaded) << loaded.error().message();
    object.emplace(std::move(*loaded));
  }
  s64 value(std::string_view name, std::size_t index = 0) {
    const auto variable = object->variable(name);
    EXPECT_TRUE(variable) << name;
    std::vector<std::byte> bytes(variable->size_bytes());
    EXPECT_TRUE(variable->read(bytes)) << name;
    s64 number = 0;
    std::memcpy(&number, bytes.data() + index * sizeof number, sizeof number);
    return number;
  }
  Program& program(std::string_view name) {
    Program* const found = object->program(name);
    SKEP_ASSERT(found != nullptr);
    return *found;
  }

  std::optional<Object> object;
};

#define ASSERT_ATTACHED(link) ASSERT_TRUE(link) << (link).error().message()

TEST_F(User, AUprobeRunsAtEveryEntryUntilItIsDetached) {
  for (const ProbeMethod way : {ProbeMethod::automatic, ProbeMethod::perf, ProbeMethod::tracefs}) {
    const s64 before = value("entries");
    {
      const auto link =
          attach_uprobe(program("on_entry"), {.path = self, .function = "user_target", .method = way});
      ASSERT_ATTACHED(link);
      EXPECT_EQ(user_target(41), 42);
      EXPECT_EQ(user_target(17), 18);
      EXPECT_EQ(value("entries"), before + 2);
      EXPECT_EQ(value("values"), 17);
      EXPECT_THAT(std::string(link->place()), HasSubstr("user_target"));
    }
    user_target(1);
    EXPECT_EQ(value("entries"), before + 2) << "after it was detached";
  }
}

TEST_F(User, TheTracefsWayLeavesNoProbeBehind) {
  {
    const auto link = attach_uprobe(
        program("on_entry"), {.path = self, .function = "user_target", .method = ProbeMethod::tracefs});
    ASSERT_ATTACHED(link);
  }
  const auto left = read_text(std::filesystem::exists("/sys/kernel/tracing/uprobe_events")
                                  ? "/sys/kernel/tracing/uprobe_events"
                                  : "/sys/kernel/debug/tracing/uprobe_events");
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, "");
}

TEST_F(User, AUretprobeSeesTheResult) {
  for (const ProbeMethod way : {ProbeMethod::automatic, ProbeMethod::tracefs}) {
    const auto link = attach_uprobe(
        program("on_return"),
        {.path = self, .function = "user_target", .point = UprobePoint::function_end, .method = way});
    ASSERT_ATTACHED(link);
    user_target(99);
    EXPECT_EQ(value("values"), 100);
  }
  EXPECT_EQ(value("returns"), 2);
}

TEST_F(User, ReturnInstructionsAreProbedInstead) {
  const auto link = attach_uprobe(
      program("on_return"), {.path = self, .function = "user_target", .point = UprobePoint::return_insns});
  ASSERT_ATTACHED(link);
  user_target(5);
  EXPECT_EQ(value("returns"), 1);
  EXPECT_EQ(value("values"), 6);
}

TEST_F(User, AnOffsetInTheFileIsAPlaceToo) {
  const auto listed = list_functions(self, "user_target_aga*");
  ASSERT_TRUE(listed) << listed.error().message();
  ASSERT_EQ(listed->size(), 1U);
  const auto link =
      attach_uprobe(program("on_entry"), {.path = self, .function = {}, .offset = listed->front().offset});
  ASSERT_ATTACHED(link);
  user_target_again(1);
  EXPECT_EQ(value("entries"), 1);
}

TEST_F(User, AMethodIsNamedAsInItsSource) {
  const auto link = attach_uprobe(program("on_entry"), {.path = self, .function = "probed::Worker::step"});
  ASSERT_ATTACHED(link);
  probed::Worker worker;
  worker.step(3);
  EXPECT_EQ(value("entries"), 1);
}

TEST_F(User, OnlyTheGivenProcessCounts) {
  const auto mine = attach_uprobe(program("on_entry"), {.path = self, .function = "user_target", .pid = 0});
  const auto others =
      attach_uprobe(program("on_entry"), {.path = self, .function = "user_target_again", .pid = 1});
  ASSERT_ATTACHED(mine);
  ASSERT_ATTACHED(others);
  user_target(1);
  user_target_again(1);
  EXPECT_EQ(value("entries"), 1);
}

TEST_F(User, AFunctionOfLibcIsFoundByNameAndVersion) {
  const auto link =
      attach_uprobe(program("on_entry"), {.path = "libc.so.6", .function = "getenv@GLIBC_2.2.5", .pid = 0});
  ASSERT_ATTACHED(link);
  (void)::getenv("HOME");
  EXPECT_EQ(value("entries"), 1);
}

TEST_F(User, AStaticFunctionOfLibcIsFoundInItsDebugFile) {
  if (!std::filesystem::exists("/usr/lib/debug/.build-id")) {
    GTEST_SKIP() << "no debug files here; tests/kernel/run brings those of libc where libc6-dbg is installed";
  }
  const auto link =
      attach_uprobe(program("on_entry"), {.path = "libc.so.6", .function = "sysmalloc", .pid = 0});
  ASSERT_ATTACHED(link);
  const auto listed = list_functions("libc.so.6", "sysmalloc");
  ASSERT_TRUE(listed);
  EXPECT_EQ(listed->front().source, "debug file");
  const std::unique_ptr<void, decltype(&std::free)> large(std::malloc(1U << 24), &std::free);
  EXPECT_GE(value("entries"), 1);
}

TEST_F(User, AStrippedStaticProgramIsProbedByOffset) {
  const auto file = FileBytes::open("/bin/busybox");
  if (!file) {
    GTEST_SKIP() << file.error().message();
  }
  Elf64_Ehdr header{};
  std::memcpy(&header, file->span().data(), sizeof header);
  const auto named = attach_uprobe(program("on_entry"), {.path = "/bin/busybox", .function = "main"});
  ASSERT_FALSE(named);
  EXPECT_THAT(named.error().message(), HasSubstr("stripped"));
  constexpr u64 load_address = 0x400000;
  const u64 offset = header.e_type == ET_EXEC ? header.e_entry - load_address : header.e_entry;
  const auto link =
      attach_uprobe(program("on_entry"), {.path = "/bin/busybox", .function = {}, .offset = offset});
  ASSERT_ATTACHED(link);
  EXPECT_EQ(std::system("/bin/busybox true"), 0);
  EXPECT_GE(value("entries"), 1);
}

TEST_F(User, AGoProgramIsProbedAtItsReturnInstructions) {
  constexpr const char* fzf = "/usr/bin/fzf";
  if (!std::filesystem::exists(fzf)) {
    GTEST_SKIP() << fzf << " is not here: Debian's package fzf is not installed";
  }
  const auto refused =
      attach_uprobe(program("on_return"),
                    {.path = fzf, .function = "internal/cpu.Initialize", .point = UprobePoint::function_end});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::unsupported);
  EXPECT_THAT(refused.error().message(), HasSubstr("+returns"));
  const auto entry = attach_uprobe(program("on_entry"), {.path = fzf, .function = "internal/cpu.Initialize"});
  ASSERT_ATTACHED(entry);
  const auto end =
      attach_uprobe(program("on_return"),
                    {.path = fzf, .function = "internal/cpu.Initialize", .point = UprobePoint::return_insns});
  ASSERT_ATTACHED(end);
  EXPECT_EQ(std::system("/usr/bin/fzf --version >/dev/null"), 0);
  EXPECT_EQ(value("entries"), 1);
  EXPECT_EQ(value("returns"), 1);
}

TEST_F(User, AMistypedFunctionIsToldWithTheNearest) {
  const auto link = attach_uprobe(program("on_entry"), {.path = self, .function = "user_tragetx"});
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code(), Errc::not_found);
  EXPECT_THAT(link.error().message(), HasSubstr("did you mean user_target"));
}

TEST_F(User, AUsdtProbeHasItsArguments) {
  const auto link = attach_usdt(
      program("on_probe"), {.path = self, .provider = "skep_test", .name = "six", .pid = 0, .cookie = 77});
  ASSERT_ATTACHED(link);
  user_probe(-7, 3);
  EXPECT_EQ(value("probe_hits"), 1);
  EXPECT_EQ(value("argument_count"), 6);
  EXPECT_EQ(value("probe_cookie"), 77);
  const s64 expected[] = {-7, 3, 12345, 12, 0xfe, 0};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(value("arguments", i), expected[i]) << i;
    EXPECT_EQ(value("argument_errors", i), i == 5 ? -22 : 0) << i;
  }
}

TEST_F(User, AUsdtProbesArgumentsAreParameters) {
  const auto link =
      attach_usdt(program("on_typed_probe"), {.path = self, .provider = "skep_test", .name = "six"});
  ASSERT_ATTACHED(link);
  user_probe(-8, 1L << 40);
  EXPECT_EQ(value("arguments", 0), -8);
  EXPECT_EQ(value("arguments", 1), s64{1} << 40);
}

TEST_F(User, ASemaphoreIsUpAsLongAsSomebodyListens) {
  EXPECT_FALSE(user_guarded_probe(1));
  {
    const auto link =
        attach_usdt(program("on_probe"), {.path = self, .provider = "skep_test", .name = "guarded"});
    ASSERT_ATTACHED(link);
    EXPECT_TRUE(user_guarded_probe(5));
    EXPECT_EQ(value("probe_hits"), 1);
    EXPECT_EQ(value("arguments", 0), 5);
  }
  EXPECT_FALSE(user_guarded_probe(1));
}

TEST_F(User, ManyAttachmentsShareAMapOfPlaces) {
  for (int round = 0; round < 260; ++round) {
    const auto link = attach_usdt(
        program("on_probe"),
        {.path = self, .provider = "skep_test", .name = "six", .cookie = static_cast<u64>(round)});
    ASSERT_ATTACHED(link) << "round " << round;
  }
}

TEST_F(User, AProbeOfLibstdcppIsHitWhenSomethingIsThrown) {
  const auto link = attach_usdt(
      program("on_probe"), {.path = "libstdc++.so.6", .provider = "libstdcxx", .name = "throw", .pid = 0});
  ASSERT_ATTACHED(link);
  EXPECT_THROW(throw std::runtime_error("seen"), std::runtime_error);
  EXPECT_EQ(value("probe_hits"), 1);
}

TEST_F(User, AMistypedProbeIsToldWithTheNearest) {
  const auto link = attach_usdt(program("on_probe"), {.path = self, .provider = "skep_test", .name = "sixx"});
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().message(), HasSubstr("did you mean skep_test:six?"));
}

class NewerUser : public User {
 protected:
  void SetUp() override {
    if (!test::in_guest()) {
      GTEST_SKIP() << "for guests";
    }
    SKEP_SKIP_BEFORE(5, 15, "no BPF cookies");
  }
};

TEST_F(NewerUser, ACookieTellsOnePlaceFromAnother) {
  load("newer.bpf.o");
  const auto one =
      attach_uprobe(program("with_cookie"), {.path = self, .function = "user_target", .cookie = 1});
  const auto two =
      attach_uprobe(program("with_cookie"), {.path = self, .function = "user_target_again", .cookie = 100});
  ASSERT_ATTACHED(one);
  ASSERT_ATTACHED(two);
  user_target(0);
  user_target_again(0);
  EXPECT_EQ(value("cookies"), 101);
}

TEST_F(NewerUser, ManyFunctionsAreProbedByOneLink) {
  load("newer.bpf.o", {"many", "many_returns"});
  const auto byname = attach_uprobe_multi(
      program("many"), {.path = self, .functions = {"user_target", "user_target_again"}, .cookies = {7, 70}});
  if (test::is_before(6, 6)) {
    ASSERT_FALSE(byname);
    EXPECT_EQ(byname.error().code(), Errc::unsupported);
    EXPECT_THAT(byname.error().message(), HasSubstr("needs Linux 6.6"));
    return;
  }
  ASSERT_ATTACHED(byname);
  const auto ends = attach_uprobe_multi(
      program("many_returns"), {.path = self, .pattern = "user_target*", .point = UprobePoint::function_end});
  ASSERT_ATTACHED(ends);
  user_target(1);
  user_target_again(1);
  EXPECT_EQ(value("entries"), 2);
  EXPECT_EQ(value("cookies"), 77);
  EXPECT_EQ(value("returns"), 2);
}

TEST_F(NewerUser, ASessionRunsAtBothEnds) {
  load("newer.bpf.o", {"session"});
  const auto link = attach_uprobe_multi(program("session"), {.path = self, .pattern = "user_target"});
  if (test::is_before(6, 13)) {
    ASSERT_FALSE(link);
    EXPECT_THAT(link.error().message(), HasSubstr("needs Linux 6.13"));
    return;
  }
  ASSERT_ATTACHED(link);
  user_target(1);
  EXPECT_EQ(value("entries"), 2);
}

TEST_F(NewerUser, ASleepableUsdtProgramIsAttached) {
  SKEP_SKIP_BEFORE(6, 0, "no sleepable uprobes");
  load("newer.bpf.o", {"sleepable"});
  const auto link = attach_usdt(program("sleepable"), {.path = self, .provider = "skep_test", .name = "six"});
  ASSERT_ATTACHED(link);
  user_probe(1, 2);
  EXPECT_EQ(value("sleepable_hits"), 1);
}

}  // namespace
}  // namespace skep

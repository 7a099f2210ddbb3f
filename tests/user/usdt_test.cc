// USDT programs on a kernel of their own where more is asked of the loader: few rights, two programs at one place, and objects that were built with libbpf's header.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>

#include "base/text.h"
#include "skep/object.h"
#include "skep/usdt.h"
#include "support/permitted.h"
#include "support/release.h"
#include "user/targets.h"

namespace skep {
namespace {

constexpr const char* self = "/proc/self/exe";
const std::string objects = SKEP_BUILD_DIR "/tests/user/";

/// Element `index` of an array of 64-bit numbers.
s64 value(Object& object, std::string_view name, std::size_t index = 0) {
  const auto variable = object.variable(name);
  EXPECT_TRUE(variable) << name;
  std::vector<std::byte> bytes(variable->size_bytes());
  EXPECT_TRUE(variable->read(bytes)) << name;
  s64 number = 0;
  std::memcpy(&number, bytes.data() + index * sizeof number, sizeof number);
  return number;
}

UsdtTarget six(u64 cookie = 0) {
  return {.path = self, .provider = "skep_test", .name = "six", .pid = 0, .cookie = cookie};
}

class Usdt : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::in_guest()) {
      GTEST_SKIP() << "for guests: probes are put into files that other processes run";
    }
  }
};

/// What `act` answers in a process of its own.
std::string in_child(const std::function<std::string()>& act) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) {
    return "no pipe";
  }
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string told = act();
    const ssize_t written = ::write(ends[1], told.data(), told.size());
    ::_exit(written == static_cast<ssize_t>(told.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string told;
  std::array<char, 4096> part{};
  for (ssize_t got = 1; got > 0;) {
    got = ::read(ends[0], part.data(), part.size());
    told.append(part.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? told : cat("the child ended with status ", status, " after: ", told);
}

/// Gives up every right but CAP_BPF and CAP_PERFMON.
bool keep_bpf_and_perfmon() {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, 2> rights{};
  rights[1].effective = rights[1].permitted = CAP_TO_MASK(CAP_BPF) | CAP_TO_MASK(CAP_PERFMON);
  return ::syscall(SYS_capset, &header, rights.data()) == 0;
}

TEST_F(Usdt, CapBpfAndCapPerfmonSufficeWhereTheKernelHasUprobeMulti) {
  // Loading as root first raises the limit of memory that Linux before 5.11 counts; the child has it from us.
  ASSERT_TRUE(Object::load_file(objects + "user.bpf.o"));
  const std::string told = in_child([]() -> std::string {
    if (!keep_bpf_and_perfmon()) {
      return "rights could not be given up";
    }
    auto object = Object::load_file(objects + "user.bpf.o");
    if (!object) {
      return object.error().message();
    }
    const auto link = attach_usdt(*object->program("on_probe"), six());
    if (!link) {
      return link.error().message();
    }
    user_probe(-7, 3);
    return cat(value(*object, "argument_count"), " arguments, the first ", value(*object, "arguments"));
  });
  if (test::is_before(6, 6)) {
    EXPECT_THAT(told, testing::HasSubstr("CAP_SYS_ADMIN"))
        << "the kernel's own word on perf events of uprobes";
    EXPECT_THAT(told, testing::HasSubstr("probe at /proc/self/exe")) << "the maps were no obstacle";
    return;
  }
  EXPECT_EQ(told, "6 arguments, the first -7");
}

TEST_F(Usdt, ArgumentsStayWhenAnotherProgramOfTheSamePlaceLeaves) {
  auto object = Object::load_file(objects + "user.bpf.o");
  ASSERT_TRUE(object) << object.error().message();
  const auto stays = attach_usdt(*object->program("on_probe"), six());
  ASSERT_TRUE(stays) << stays.error().message();
  {
    const auto leaves = attach_usdt(*object->program("on_typed_probe"), six());
    ASSERT_TRUE(leaves) << leaves.error().message();
  }
  user_probe(-9, 4);
  EXPECT_EQ(value(*object, "argument_count"), 6);
  EXPECT_EQ(value(*object, "arguments"), -9);
}

/// Object files of libbpf_usdt.bpf.c, one for each compiler.
std::vector<std::string> built_with_libbpfs_header() {
  std::vector<std::string> found;
  for (const char* const compiler : {"clang-14", "clang-19"}) {
    const std::string path = cat(objects, compiler, "/libbpf_usdt.bpf.o");
    if (std::filesystem::exists(path)) {
      found.push_back(path);
    }
  }
  return found;
}

TEST_F(Usdt, ObjectsThatWereBuiltWithLibbpfsHeaderReadArguments) {
  ASSERT_FALSE(built_with_libbpfs_header().empty());
  for (const std::string& path : built_with_libbpfs_header()) {
    auto object = Object::load_file(path);
    ASSERT_TRUE(object) << path << ": " << object.error().message();
    {
      const auto link = attach_usdt(*object->program("on_probe"), six(77));
      ASSERT_TRUE(link) << path << ": " << link.error().message();
      user_probe(-7, 3);
    }
    EXPECT_EQ(value(*object, "probe_hits"), 1) << path;
    EXPECT_EQ(value(*object, "argument_count"), 6) << path;
    EXPECT_EQ(value(*object, "probe_cookie"), 77) << path;
    // The fourth is an element by its index, which libbpf's header knows since version 1.6 and refuses before; the sixth is in a register that nobody can read.
    const bool knows_indexes = value(*object, "argument_errors", 3) == 0;
    const s64 expected[] = {-7, 3, 12345, knows_indexes ? 12 : 0, 0xfe, 0};
    for (std::size_t i = 0; i < std::size(expected); ++i) {
      EXPECT_EQ(value(*object, "arguments", i), expected[i]) << path << ", argument " << i;
      const bool is_refused = i == 5 || (i == 3 && !knows_indexes);
      EXPECT_EQ(value(*object, "argument_errors", i), is_refused ? -22 : 0) << path << ", argument " << i;
    }
    const auto typed = attach_usdt(*object->program("on_typed_probe"), six());
    ASSERT_TRUE(typed) << path << ": " << typed.error().message();
    user_probe(-8, 1L << 40);
    EXPECT_EQ(value(*object, "arguments", 0), -8) << path;
    EXPECT_EQ(value(*object, "arguments", 1), s64{1} << 40) << path;
  }
}

}  // namespace
}  // namespace skep

// Each example runs on this machine's kernel (or the guest's) and prints what it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "support/permitted.h"
#include "support/release.h"

namespace {

struct Example {
  const char* name;
  const char* output;  ///< the end of it, when what comes before depends on the compiler
};

constexpr auto examples = std::to_array<Example>({
    {"demo",
     "run:\n"
     "  on_socket      60 bytes of IPv4       returns 46\n"
     "  on_xdp         60 bytes of IPv4       returns 2\n"
     "  on_xdp         60 bytes of IPv4       returns 2\n"
     "  on_xdp         90 bytes of IPv6       returns 1\n"
     "  on_tc          90 bytes of IPv6       returns 0\n"
     "  on_tracepoint  arguments 40 and 2     returns 42\n"
     "map 'by_protocol' (BTF style):\n"
     "  0x0800  2 packets, 120 bytes\n"
     "  0x86dd  1 packets, 90 bytes\n"
     "map 'calls' (legacy style):\n"
     "  socket      1\n"
     "  xdp         3\n"
     "  tc          1\n"
     "  tracepoint  1\n"
     "map 'by_cpu' (a value per CPU):\n"
     "  all CPUs    5 packets, 346 bytes\n"
     "variables:\n"
     "  total      5 packets, 346 bytes\n"
     "  mood       busy\n"
     "  busy_from  5\n"
     "  magic      4242\n"
     "  magic_seen 4242\n"},
    {"percpu",
     "small packets: 3\n"
     "large packets: 2\n"
     "mark 0: from 60 to 1000 bytes\n"
     "reset: every CPU's copy is zero\n"},
    {"map_in_map",
     "red   0 2 0 0\n"
     "blue  0 0 0 1\n"
     "slot 1 is empty: returns 2\n"
     "slot 1 is blue:  returns 0\n"
     "blue  1 0 0 1\n"
     "slot 1 is empty: returns 2\n"},
    {"tail_calls",
     "  60 bytes: 1 2, returns 10\n"
     " 500 bytes: 1 3 2, returns 10\n"
     "1500 bytes: 1 4, returns 30\n"
     "3000 bytes: 1 9, returns 99\n"
     "slot 0 now holds on_large:\n"
     "  60 bytes: 1 4, returns 30\n"
     " 500 bytes: 1 3 4, returns 30\n"},
    {"callbacks",
     "3 items cost 64, the dearest 20 each\n"
     "after 21 rounds: 0 1 1 2 3 5 8 13 21 34 55 89 144 233 377 610 987 1597 2584 4181\n"},
    {"portable",
     "this process: found\n"
     "its parent sleeps\n"
     "ring buffer: one sighting\n"
     "counters: every run, per CPU and in all\n"},
});

class Examples : public testing::TestWithParam<Example> {};

/// What the example prints, and its status as of pclose().
std::pair<std::string, int> run_example(std::string_view name) {
  const std::string command = SKEP_BUILD_DIR "/examples/" + std::string(name) + " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) {
    return {"popen failed", -1};
  }
  std::string text;
  std::array<char, 4096> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), size);
  }
  return {text, ::pclose(pipe)};
}

TEST_P(Examples, PrintsWhatItShould) {
  if (GetParam().name == std::string_view("callbacks")) {
    SKEP_SKIP_BEFORE(5, 17, "has no bpf_loop()");
  }
  const auto [text, status] = run_example(GetParam().name);
  if (status != 0 && text.find("EPERM") != std::string::npos) {
    SKEP_NOT_PERMITTED(text);
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << text;
  EXPECT_THAT(text, testing::EndsWith(GetParam().output));
}

TEST(PortableExample, FindsWhatEachKernelOfOurGuestsHas) {
  if (!skep::test::in_guest()) {
    GTEST_SKIP()
        << "what this machine's kernel lists and was configured with is not known; the guests' kernels are";
  }
  const auto [text, status] = run_example("portable");
  ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << text;
  const bool is_5_10 = skep::test::is_before(5, 14);
  const std::string release = skep::test::this_release();
  const std::string series = release.substr(0, release.find('.', release.find('.') + 1));
  EXPECT_THAT(text, testing::HasSubstr("Linux " + series + ", 250 ticks per second\n"));
  EXPECT_THAT(text, testing::HasSubstr(is_5_10 ? "is called state\n" : "is called __state\n"));
  EXPECT_THAT(text, testing::HasSubstr("the first task: swapper/0\n"));
  EXPECT_THAT(text, testing::HasSubstr(is_5_10 ? "run queues: of unknown type\n"
                                               : "run queues: ours knows its CPU\n"));
  EXPECT_THAT(text,
              testing::HasSubstr(skep::test::is_before(6, 2) ? "bpf_rdonly_cast(): absent\n"
                                                             : "bpf_rdonly_cast(): gives this process\n"));
}

TEST(FailingExample, EndsWithStatusOneAndTheErrorsText) {
  std::FILE* pipe = ::popen(SKEP_BUILD_DIR "/examples/percpu /nowhere.bpf.o 2>&1", "r");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 4096> buffer{};
  const std::string text(buffer.data(), std::fread(buffer.data(), 1, buffer.size(), pipe));
  const int status = ::pclose(pipe);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
  EXPECT_THAT(text, testing::AllOf(testing::StartsWith("error: "), testing::HasSubstr("/nowhere.bpf.o: ")));
}

INSTANTIATE_TEST_SUITE_P(All, Examples, testing::ValuesIn(examples),
                         [](const auto& example) { return std::string(example.param.name); });

}  // namespace

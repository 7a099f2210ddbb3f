// `skep run` of what is attached to a whole machine: its lines are those that the command prints, so this is a test of the command.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "base/text.h"
#include "support/release.h"

namespace skep {
namespace {

using testing::HasSubstr;

/// The command in a process of its own, its standard output in a pipe.
class Command {
 public:
  explicit Command(std::vector<std::string> words) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ends[1], STDOUT_FILENO);
      std::vector<char*> argv;
      for (std::string& word : words) {
        argv.push_back(word.data());
      }
      argv.push_back(nullptr);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    out_ = ::fdopen(ends[0], "r");
  }
  ~Command() { std::fclose(out_); }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  /// The next line; empty at the end.
  std::string line() {
    std::array<char, 65536> text;
    return std::fgets(text.data(), text.size(), out_) == nullptr ? std::string() : std::string(text.data());
  }
  void interrupt(int signal = SIGINT) const { EXPECT_EQ(::kill(pid_, signal), 0); }
  int status() const {
    int status = 0;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
  std::FILE* out_ = nullptr;
};

Command run(std::vector<std::string> options) {
  std::vector<std::string> words = {SKEP_BUILD_DIR "/skep", "run",
                                    SKEP_BUILD_DIR "/tests/fixtures/ring/stream.bpf.o", "--set",
                                    cat("wanted=", SYS_getppid)};
  words.insert(words.end(), options.begin(), options.end());
  return Command(words);
}

TEST(RunAttached, StreamsRecordsAsJsonLinesUntilItIsStopped) {
  Command command = run({"--json", "--event", "events:struct event"});
  EXPECT_THAT(
      command.line(),
      HasSubstr(R"("kind":"program","program":"on_call","section":"raw_tp/sys_enter","state":"attached")"));
  EXPECT_THAT(command.line(), HasSubstr(R"("program":"on_packet","section":"xdp","state":"needs_more")"));
  const std::string mine =
      cat(R"({"kind":"record","map":"events","cpu":null,"type":"struct event","value":{"pid":)", ::getpid(),
          R"(,"what":"ASKED_FOR_PARENT",)");
  for (u32 i = 0; i < 3; ++i) {
    ::syscall(SYS_getppid);
    std::string line = command.line();
    while (!line.starts_with(mine) && !line.empty()) {
      line = command.line();  // another process's
    }
    EXPECT_FALSE(line.empty()) << "record " << i << " did not come";
  }
  command.interrupt();
  std::string last;
  for (std::string line = command.line(); !line.empty(); line = command.line()) {
    last = line;
  }
  EXPECT_THAT(last, HasSubstr(R"({"kind":"end",)"));
  EXPECT_THAT(last, HasSubstr(R"("lost":0,"lost_counted_by":"events_lost")"));
  EXPECT_EQ(command.status(), 0);
}

TEST(RunAttached, EndsByItselfAndShowsWhatIsLeft) {
  Command command = run({"--for", "1s", "--event", "event"});
  std::string all;
  for (std::string line = command.line(); !line.empty(); line = command.line()) {
    all += line;
  }
  EXPECT_EQ(command.status(), 0);
  EXPECT_THAT(all, HasSubstr("events (ringbuf: "));
  EXPECT_THAT(all, HasSubstr("0 lost (counted by events_lost)"));
  EXPECT_THAT(all, HasSubstr("long wanted = "));
}

Command run_iterator(std::vector<std::string> options) {
  std::vector<std::string> words = {SKEP_BUILD_DIR "/skep", "run", SKEP_BUILD_DIR "/examples/tasks.bpf.o"};
  words.insert(words.end(), options.begin(), options.end());
  return Command(words);
}

TEST(RunAttached, ShowsWhatAnIteratorWritesAndEnds) {
  Command command = run_iterator({});
  EXPECT_EQ(command.line(), "     PID   PARENT PRIO NAME\n");
  std::string all;
  for (std::string line = command.line(); !line.empty(); line = command.line()) {
    all += line;
  }
  EXPECT_EQ(command.status(), 0);
  EXPECT_THAT(all, HasSubstr(cat(" ", ::getpid(), " ")));
}

TEST(RunAttached, AnIteratorsTextIsOneDocument) {
  Command command = run_iterator({"--json", "--for", "1h"});
  EXPECT_THAT(command.line(), HasSubstr(R"("program":"show_task","section":"iter/task","state":"attached")"));
  EXPECT_THAT(
      command.line(),
      testing::StartsWith(
          R"({"kind":"walk","program":"show_task","section":"iter/task","text":"     PID   PARENT PRIO NAME\n)"));
  EXPECT_THAT(command.line(), testing::StartsWith(R"({"kind":"end",)"));
  EXPECT_TRUE(command.line().empty());
  EXPECT_EQ(command.status(), 0);
}

TEST(RunAttached, AHangupEndsItAsWell) {
  Command command = run({"--json"});
  EXPECT_THAT(command.line(), HasSubstr(R"("kind":"program")"));
  command.interrupt(SIGHUP);
  std::string last;
  for (std::string line = command.line(); !line.empty(); line = command.line()) {
    last = line;
  }
  EXPECT_THAT(last, HasSubstr(R"({"kind":"end",)"));
  EXPECT_EQ(command.status(), 0);
}

TEST(RunAttached, EndsAlsoWhenNobodyReads) {
  const Command command = run({"--json", "--for", "1s"});
  const auto enough = std::chrono::steady_clock::now() + std::chrono::milliseconds(800);
  while (std::chrono::steady_clock::now() < enough) {  // more lines than a pipe holds
    ::syscall(SYS_getppid);
  }
  EXPECT_EQ(command.status(), 0);
}

TEST(RunAttached, TestRunsAttachNothing) {
  Command command = run({"--test-run", "--json"});
  const std::string line = command.line();
  EXPECT_THAT(line, HasSubstr(R"("runs":[)"));
  EXPECT_TRUE(command.line().empty());
}

/// The kernel frees programs a moment after their process is gone, and until then a name fits both.
bool becomes_the_only(const std::string& program) {
  for (int tries = 0; tries < 100; ++tries) {
    if (Command({SKEP_BUILD_DIR "/skep", "prog", "show", "name", program}).status() == 0) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

TEST(RunAttached, ProgLogGoesOnForAsLongAsItIsTold) {
  SKEP_SKIP_BEFORE(6, 17, "has no streams of programs");
  Command running = run({"--json", "--event", "event"});
  ASSERT_THAT(running.line(), HasSubstr(R"("state":"attached")"));
  ASSERT_TRUE(becomes_the_only("on_call"));
  const auto start = std::chrono::steady_clock::now();
  Command log({SKEP_BUILD_DIR "/skep", "prog", "log", "on_call", "--for", "400ms"});
  EXPECT_TRUE(log.line().empty()) << "it prints nothing";
  EXPECT_EQ(log.status(), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(400))
      << "--for implies --follow";
  running.interrupt();
  while (!running.line().empty()) {}
  EXPECT_EQ(running.status(), 0);
}

/// Attaches the counter of tests/kernel/rows/trace.bpf.c; its line of the table, which tells of all programs.
std::string attached_line(Command& command) {
  std::string found;
  while (found.empty()) {
    const std::string line = command.line();
    if (line.empty()) {
      break;
    }
    found = line.starts_with("on_perf_event ") ? line : "";
  }
  return found;
}

Command attach_counter(std::vector<std::string> options) {
  std::vector<std::string> words = {
      SKEP_BUILD_DIR "/skep", "attach", SKEP_BUILD_DIR "/rows/trace.bpf.o", "--only", "on_perf_event",
      "--frequency",          "100"};
  words.insert(words.end(), options.begin(), options.end());
  return Command(words);
}

TEST(Attach, CountsAProcessOrOneThread) {
  const std::string self = cat(::getpid());
  for (const auto& [option, place] :
       {std::pair("--pid", " in process "), std::pair("--tid", " in thread ")}) {
    Command command = attach_counter({option, self, "--for", "100ms"});
    EXPECT_THAT(attached_line(command), HasSubstr(cat("perf_event cpu-clock at 100 Hz", place, self)));
    while (!command.line().empty()) {}
    EXPECT_EQ(command.status(), 0);
  }
}

TEST(Attach, EndsWhenItIsInterrupted) {
  Command command = attach_counter({});
  EXPECT_THAT(attached_line(command), HasSubstr("perf_event cpu-clock at 100 Hz"));
  command.interrupt();
  while (!command.line().empty()) {}
  EXPECT_EQ(command.status(), 0);
}

TEST(RunAttached, TracePipeEnds) {
  Command command({SKEP_BUILD_DIR "/skep", "trace-pipe", "--for", "200ms"});
  while (!command.line().empty()) {}
  const int status = command.status();
  EXPECT_TRUE(status == 0 || status == 1) << "1: tracefs is not mounted";
}

}  // namespace
}  // namespace skep

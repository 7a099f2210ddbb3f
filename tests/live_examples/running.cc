#include "live_examples/running.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace skep::test {

namespace {

constexpr int patience_ms = 120'000;

[[noreturn]] void become(const std::vector<std::string>& words, int output) {
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

pid_t start(const std::vector<std::string>& words, int output) {
  const pid_t process = ::fork();
  if (process == 0) {
    become(words, output);
  }
  return process;
}

}  // namespace

bool Finished::succeeded() const {
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

Running::Running(const std::vector<std::string>& words) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) == 0) {
    output_ = ends[0];
    process_ = start(words, ends[1]);
    ::close(ends[1]);
  }
}

Running::~Running() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  ::close(output_);
}

bool Running::read_more(int timeout_ms) {
  pollfd wanted{.fd = output_, .events = POLLIN, .revents = 0};
  if (at_end_ || ::poll(&wanted, 1, timeout_ms) <= 0) {
    return false;
  }
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(output_, buffer.data(), buffer.size());
  if (size <= 0) {
    at_end_ = true;
    return false;
  }
  text_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

bool Running::prints(std::string_view text) {
  while (text_.find(text) == std::string::npos) {
    if (!read_more(patience_ms)) {
      return false;
    }
  }
  return true;
}

void Running::look() {
  while (read_more(0)) {}
}

Finished Running::interrupt() {
  ::kill(process_, SIGINT);
  return finish();
}

Finished Running::finish() {
  while (read_more(patience_ms)) {}
  Finished finished{.text = text_};
  if (!at_end_) {
    ::kill(process_, SIGKILL);
    finished.text += "\n(killed: it had printed nothing for two minutes)\n";
  }
  ::waitpid(process_, &finished.status, 0);
  process_ = -1;
  return finished;
}

void run_silently(const std::vector<std::string>& words) {
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t process = start(words, nothing);
  ::waitpid(process, nullptr, 0);
  ::close(nothing);
}

}  // namespace skep::test

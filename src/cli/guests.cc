#include "cli/guests.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "base/result.h"
#include "base/text.h"
#include "cli/visible.h"
#include "skep/fd.h"

namespace skep::cli {

namespace {

namespace fs = std::filesystem;

bool is_program(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0 && !fs::is_directory(path);
}

bool is_on_path(std::string_view program) {
  const char* path = std::getenv("PATH");
  std::string_view left = path != nullptr ? path : "/usr/bin:/bin";
  while (!left.empty()) {
    const std::size_t colon = std::min(left.find(':'), left.size());
    if (is_program(cat(left.substr(0, colon), "/", program))) {
      return true;
    }
    left.remove_prefix(std::min(colon + 1, left.size()));
  }
  return false;
}

Result<void> require(std::string_view program) {
  if (is_on_path(program)) {
    return {};
  }
  return fail(Errc::unsupported,
              cat("real kernels are run under emulation, which needs ", program,
                  ", and no directory of PATH has it; on Debian: apt-get install python3 qemu-system-x86 "
                  "busybox-static zstd xz-utils lz4 debian-archive-keyring"));
}

/// A running command with the reading ends of its outputs.
struct Child {
  std::size_t command = 0;
  pid_t pid = -1;
  std::array<Fd, 2> outputs;  ///< standard output, standard error
};

Result<std::array<Fd, 2>> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return std::unexpected(Error(Errc::kernel, "make a pipe", errno));
  }
  return std::array<Fd, 2>{Fd(ends[0]), Fd(ends[1])};
}

Result<Child> start(const std::vector<std::string>& words, std::size_t command) {
  SKEP_TRY(auto out, make_pipe());
  SKEP_TRY(auto err, make_pipe());
  std::vector<char*> arguments;
  for (const std::string& word : words) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid < 0) {
    return std::unexpected(Error(Errc::kernel, cat("start ", words[0]), errno));
  }
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGINT);  // the runner then stops its emulator and tidies up
    ::signal(SIGPIPE, SIG_DFL);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(out[1].raw(), STDOUT_FILENO);
    ::dup2(err[1].raw(), STDERR_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  return Child{.command = command, .pid = pid, .outputs = {std::move(out[0]), std::move(err[0])}};
}

/// What is to be read now; false at the end.
bool read_some(const Fd& fd, const std::function<void(std::string_view)>& sink) {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::read(fd.raw(), buffer.data(), buffer.size());
  if (got > 0) {
    sink(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
  }
  return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return 127;
    }
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Several children and what they say.
class Crowd {
 public:
  explicit Crowd(const std::vector<Command>& commands) : commands_(commands), ended_(commands.size()) {}

  bool has_room(std::size_t at_a_time) const { return children_.size() < at_a_time; }
  bool is_empty() const { return children_.empty(); }
  std::vector<Ended> take() { return std::move(ended_); }

  Result<void> add(std::size_t command) {
    SKEP_TRY(Child child, start(commands_[command].words, command));
    children_.push_back(std::move(child));
    return {};
  }

  /// Waits a moment for output, and for ends.
  void listen() {
    constexpr int beat_ms = 200;
    std::vector<pollfd> waited;
    for (const Child& child : children_) {
      for (const Fd& fd : child.outputs) {
        waited.push_back({.fd = fd.raw(), .events = POLLIN, .revents = 0});  // poll() passes over what is -1
      }
    }
    ::poll(waited.data(), waited.size(), beat_ms);
    for (std::size_t i = 0; i < waited.size(); ++i) {
      if (waited[i].revents != 0) {
        read(children_[i / 2], i % 2);
      }
    }
    std::erase_if(children_, [&](Child& child) {
      const bool over = !child.outputs[0] && !child.outputs[1];
      if (over) {
        ended_[child.command].status = wait_for(child.pid);
      }
      return over;
    });
  }

 private:
  void read(Child& child, std::size_t which) {
    const Command& command = commands_[child.command];
    const bool more = read_some(child.outputs[which], [&](std::string_view text) {
      if (which == 0) {
        command.heard(text);
        return;
      }
      ended_[child.command].complaints += text;
      if (command.complains) {
        command.complains(text);
      }
    });
    if (!more) {
      child.outputs[which] = Fd();
    }
  }

  const std::vector<Command>& commands_;
  std::vector<Ended> ended_;
  std::vector<Child> children_;
};

}  // namespace

Result<std::string> find_guest_runner(bool wants_emulator) {
  SKEP_CHECK(require("python3"));
  if (wants_emulator) {
    SKEP_CHECK(require("qemu-system-x86_64"));
  }
  if (const char* given = std::getenv("SKEP_VM"); given != nullptr && *given != '\0') {
    if (!is_program(given)) {
      return fail(Errc::unsupported,
                  cat("SKEP_VM is to name the guest runner, and ", given, " is no program"));
    }
    return std::string(given);
  }
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  std::vector<std::string> looked;
  for (const char* place : {"libexec/skep/vm", "tools/vm"}) {
    looked.push_back((here / place).string());
    if (is_program(looked.back())) {
      return looked.back();
    }
  }
  return fail(Errc::unsupported, cat("the guest runner is neither ", join(looked, " nor "),
                                     "; install skep with `cmake --install`, or name it in SKEP_VM"));
}

Result<std::vector<Ended>> run_commands(const std::vector<Command>& commands, std::size_t at_a_time,
                                        const std::function<void(std::size_t)>& pulse) {
  Crowd crowd(commands);
  std::size_t next = 0;
  while (next < commands.size() || !crowd.is_empty()) {
    while (next < commands.size() && crowd.has_room(std::max<std::size_t>(at_a_time, 1))) {
      SKEP_CHECK(crowd.add(next));
      ++next;
    }
    pulse(next);
    crowd.listen();
  }
  return crowd.take();
}

LiveLine::LiveLine() : on_(isatty(STDERR_FILENO) == 1) {}

LiveLine::~LiveLine() {
  if (dirty_) {
    std::fputs("\r\x1b[K", stderr);
  }
}

void LiveLine::show(std::string_view text) {
  if (!on_) {
    return;
  }
  winsize size{};
  const std::size_t width =
      ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1U : 79U;
  std::string line = visible(text, {.controls = {}});
  line.resize(std::min(line.size(), width));  // a line that wraps could not be written over
  std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  std::fflush(stderr);
  dirty_ = true;
}

std::string bar(std::size_t done, std::size_t all) {
  constexpr std::size_t width = 20;
  const std::size_t full = all == 0 ? width : std::min(width, width * done / all);
  return cat("[", std::string(full, '#'), std::string(width - full, '.'), "]");
}

}  // namespace skep::cli

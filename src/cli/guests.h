// Running tools/vm: where it is, and several of its runs at a time.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"

namespace skep::cli {

/// The guest runner: $SKEP_VM, else ../libexec/skep/vm (an installation) or ../tools/vm (a build tree) as seen from this program.
/// Errors: unsupported (there is none, or python3 or, for guests, the emulator is missing), with the way out.
Result<std::string> find_guest_runner(bool wants_emulator);

/// How a command ended.
struct Ended {
  int status = 0;          ///< its exit status; 128 + the signal that ended it
  std::string complaints;  ///< its standard error
};

/// One command to run, and who listens.
struct Command {
  std::vector<std::string> words;
  std::function<void(std::string_view)> heard;      ///< gets standard output piece by piece
  std::function<void(std::string_view)> complains;  ///< gets standard error so, if set
};

/// Runs the commands, at most `at_a_time` of them at once, in order; calls `pulse` several times a second meanwhile, with how many have been started.
/// They get SIGINT when this program dies. Errors: kernel (no pipe or no process could be made).
Result<std::vector<Ended>> run_commands(const std::vector<Command>& commands, std::size_t at_a_time,
                                        const std::function<void(std::size_t)>& pulse);

/// A line of standard error that is written over and over; nothing is shown where that is no terminal.
class LiveLine {
 public:
  LiveLine();
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;
  ~LiveLine();
  void show(std::string_view text);

 private:
  bool on_ = false;
  bool dirty_ = false;
};

/// "[####......]": how far `done` of `all` is.
std::string bar(std::size_t done, std::size_t all);

}  // namespace skep::cli

// Lengths of time on the command line, and the user's wish to stop.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "cli/arguments.h"
#include "skep/error.h"

namespace skep::cli {

/// "10", "10s" (seconds), "250ms", "5m", "1h", "1.5s". Errors: invalid.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// The value of `--for`; none: it was not given. Errors: invalid.
Result<std::optional<std::chrono::nanoseconds>> for_length(const Arguments& arguments);

/// While it lives, the first SIGINT or SIGTERM asks to stop instead of ending the process; a second one ends it. One at a time in a process.
class Interrupt {
 public:
  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();
  bool asked() const;
};

/// When to stop: at the end of `--for`, or when asked to.
class Until {
 public:
  explicit Until(std::optional<std::chrono::nanoseconds> length);
  bool is_over() const;
  /// How long to wait before looking again: not longer than `most`.
  std::chrono::nanoseconds wait_for(std::chrono::nanoseconds most) const;
  std::chrono::nanoseconds since_start() const;
  /// Waits until it is over: where nothing else is to be done meanwhile.
  void wait() const;

 private:
  Interrupt interrupt_;
  std::chrono::steady_clock::time_point start_;
  std::optional<std::chrono::nanoseconds> length_;
};

}  // namespace skep::cli

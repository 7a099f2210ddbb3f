// Lengths of time on the command line, and the user's wish to stop.
#pragma once

#include <array>
#include <chrono>
#include <csignal>
#include <optional>
#include <string_view>

#include "cli/arguments.h"
#include "cli/output.h"
#include "skep/error.h"

namespace skep::cli {

/// "10", "10s" (seconds), "250ms", "5m", "1h", "1.5s". Errors: invalid.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// The value of `--for`; none: it was not given. Errors: invalid.
Result<std::optional<std::chrono::nanoseconds>> for_length(const Arguments& arguments);

/// While it lives, the first of each of these signals asks to stop instead of ending the process; the second ends it. SIGHUP and SIGQUIT stay ignored where they
/// are, as under nohup. One at a time in a process.
class Interrupt {
 public:
  static constexpr std::array signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

  Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();
  bool asked() const;

 private:
  std::array<struct sigaction, signals.size()> before_{};
};

/// When to stop: at the end of `--for`, or when asked to. To be made before anything is attached, so that nothing is left behind.
class Until {
 public:
  explicit Until(std::optional<std::chrono::nanoseconds> length);
  /// The time of `--for` begins now, not when this was made.
  void begin();
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

/// While it lives, output waits for its reader only until it is over.
class Impatience {
 public:
  Impatience(Output& out, const Until& until) : out_(out) {
    out.wait_until([&until] { return until.is_over(); });
  }
  Impatience(const Impatience&) = delete;
  Impatience& operator=(const Impatience&) = delete;
  ~Impatience() { out_.wait_until({}); }

 private:
  Output& out_;
};

}  // namespace skep::cli

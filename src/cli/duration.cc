#include "cli/duration.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <ctime>

#include "base/result.h"

namespace skep::cli {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};

constexpr auto units = std::to_array<Unit>({
    {"", 1e9},
    {"s", 1e9},
    {"ms", 1e6},
    {"us", 1e3},
    {"m", 60e9},
    {"min", 60e9},
    {"h", 3600e9},
});

volatile std::sig_atomic_t asked_to_stop = 0;

void ask_to_stop(int) {
  asked_to_stop = 1;
}

/// Ask to stop from now on. Answers what the signal did before.
struct sigaction take(int signal) {
  struct sigaction action{};
  struct sigaction before{};
  action.sa_handler = ask_to_stop;
  // No SA_RESTART: who waits shall wake up. The second signal finds the default again.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(signal, &action, &before);
  if (before.sa_handler == SIG_IGN && (signal == SIGHUP || signal == SIGQUIT)) {
    ::sigaction(signal, &before, nullptr);  // as nohup wants it
  }
  return before;
}

}  // namespace

Result<nanoseconds> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const auto row = std::ranges::find(units, unit, &Unit::name);
  constexpr double year = 366 * 24 * 3600e9;
  if (error != std::errc() || row == units.end() || !(number >= 0) || number * row->nanoseconds > year) {
    return fail(Errc::invalid,
                cat("want a length of time such as 10s, 250ms, 5m or 1h, up to a year, have '", text, "'"));
  }
  return nanoseconds(static_cast<s64>(number * row->nanoseconds));
}

Result<std::optional<nanoseconds>> for_length(const Arguments& arguments) {
  const auto text = arguments.text("for");
  if (!text) {
    return std::optional<nanoseconds>();
  }
  SKEP_TRY_IN("--for", const nanoseconds length, parse_duration(*text));
  return std::optional(length);
}

Interrupt::Interrupt() {
  asked_to_stop = 0;
  std::ranges::transform(signals, before_.begin(), take);
}

Interrupt::~Interrupt() {
  for (std::size_t i = 0; i < signals.size(); ++i) {
    ::sigaction(signals.at(i), &before_.at(i), nullptr);
  }
}

bool Interrupt::asked() const {
  return asked_to_stop != 0;
}

Until::Until(std::optional<nanoseconds> length) : start_(steady_clock::now()), length_(length) {}

bool Until::is_over() const {
  return interrupt_.asked() || (length_ && since_start() >= *length_);
}

nanoseconds Until::wait_for(nanoseconds most) const {
  return length_ ? std::clamp(*length_ - since_start(), nanoseconds(0), most) : most;
}

void Until::begin() {
  start_ = steady_clock::now();
}

nanoseconds Until::since_start() const {
  return steady_clock::now() - start_;
}

void Until::wait() const {
  constexpr s64 second = 1'000'000'000;
  constexpr nanoseconds long_enough = std::chrono::hours(24);
  sigset_t all{};
  sigset_t before{};
  ::sigemptyset(&all);
  for (const int signal : Interrupt::signals) {
    ::sigaddset(&all, signal);
  }
  // Held back but for the waiting itself: a signal between the look and the wait would be slept through.
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  while (!is_over()) {
    const s64 left = wait_for(long_enough).count();
    const timespec most{.tv_sec = left / second, .tv_nsec = left % second};
    ::ppoll(nullptr, 0, &most, &before);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace skep::cli

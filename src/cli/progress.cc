#include "cli/progress.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include "cli/visible.h"

namespace skep::cli {

namespace {

constexpr std::chrono::milliseconds patience{500};
constexpr std::chrono::milliseconds beat{200};

}  // namespace

Progress::Progress(std::string_view what) : what_(visible(what, {.controls = {}})) {
  if (isatty(STDERR_FILENO) == 1) {
    thread_ = std::thread([this] { show(); });
  }
}

Progress::~Progress() {
  if (!thread_.joinable()) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_one();
  thread_.join();
}

void Progress::show() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  bool shown = false;
  for (auto wait = patience; !ended_.wait_for(lock, wait, [this] { return over_; }); wait = beat) {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    std::fprintf(stderr, "\r%s: %.1f s", what_.c_str(), passed.count());
    shown = true;
  }
  if (shown) {
    std::fputs("\r\x1b[K", stderr);
  }
}

}  // namespace skep::cli

#include "cli/until_stopped.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace skep::cli {

UntilStopped::UntilStopped() : signals_{}, before_{} {
  ::sigemptyset(&signals_);
  ::sigaddset(&signals_, SIGINT);
  ::sigaddset(&signals_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

UntilStopped::~UntilStopped() {
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool UntilStopped::wait(std::optional<std::chrono::nanoseconds> longest) const {
  if (!longest) {
    int signal = 0;
    return ::sigwait(&signals_, &signal) == 0;
  }
  const auto end = std::chrono::steady_clock::now() + *longest;
  while (true) {
    const auto left = std::max(
        std::chrono::nanoseconds::zero(),
        std::chrono::duration_cast<std::chrono::nanoseconds>(end - std::chrono::steady_clock::now()));
    constexpr long second = 1000000000;
    const timespec wanted{.tv_sec = left.count() / second, .tv_nsec = left.count() % second};
    if (::sigtimedwait(&signals_, nullptr, &wanted) >= 0) {
      return true;
    }
    if (errno != EINTR) {
      return false;
    }
  }
}

}  // namespace skep::cli

// Waiting for the user to say that it is enough.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace skep::cli {

/// Holds ^C (SIGINT) and SIGTERM back from their construction on, so that they end wait() and not the process. To be made before any thread is.
class UntilStopped {
 public:
  UntilStopped();
  ~UntilStopped();
  UntilStopped(const UntilStopped&) = delete;
  UntilStopped& operator=(const UntilStopped&) = delete;

  /// Waits for one of the signals, or for as long as is said. True: a signal came.
  bool wait(std::optional<std::chrono::nanoseconds> longest) const;

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace skep::cli

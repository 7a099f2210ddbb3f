// Programs that run beside a test: what they print is read as it comes.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skep::test {

/// What a program printed, on both outputs, and its status as of waitpid(2).
struct Finished {
  std::string text;
  int status = 0;
  bool succeeded() const;
};

/// A program that runs. Destroying it kills it.
class Running {
 public:
  /// Starts it; the first word is its path.
  explicit Running(const std::vector<std::string>& words);
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running();

  /// Waits until it has printed `text`. False: it ended before, or two minutes are over.
  bool prints(std::string_view text);
  bool is_running() const { return !at_end_; }
  /// What it has printed so far.
  const std::string& so_far() const { return text_; }
  /// Interrupts it, as ^C does, and reads on to its end.
  Finished interrupt();
  /// Reads on to its end.
  Finished finish();
  /// Reads what it has printed meanwhile, without waiting.
  void look();

 private:
  /// Reads once; false: at the end, or nothing came for so long.
  bool read_more(int timeout_ms);

  pid_t process_ = -1;
  int output_ = -1;
  std::string text_;
  bool at_end_ = false;
};

/// Runs a program to its end; what it prints is thrown away.
void run_silently(const std::vector<std::string>& words);

}  // namespace skep::test

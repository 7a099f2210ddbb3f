// Waiting for rings: a set of descriptors (Poller), and coroutines that are resumed when theirs is readable (EventLoop). Both are one epoll descriptor, so they
// can be part of any other loop. Rings need neither: their descriptor() can be given to poll, asio, libuv or io_uring.
#pragma once

#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "skep/error.h"
#include "skep/fd.h"
#include "skep/types.h"

namespace skep {

namespace kernel {
class Kernel;
}

/// How long to wait; none: until something happens. Rounded up to milliseconds.
using Timeout = std::optional<std::chrono::nanoseconds>;

/// What to wait for.
enum class Readiness : u8 { readable, writable_again };

/// A set of descriptors of which some may be ready. One thread at a time; wait() and another thread's add() may overlap.
class Poller {
 public:
  /// An empty set. Errors: kernel (EMFILE).
  static Result<Poller> create(kernel::Kernel& kernel);

  /// The set's own descriptor, which is readable when one of the set is ready.
  int descriptor() const { return epoll_.raw(); }
  /// Adds one, under a tag that wait() answers. Readable is told as long as it holds; writable_again once each time that room comes. Errors: kernel
  /// (EEXIST: it is in the set; EPERM: it is of a kind that cannot be waited for).
  Result<void> add(int descriptor, u64 tag, Readiness readiness = Readiness::readable);
  /// Takes it out again. Closing a descriptor for good does that, too. Errors: kernel (ENOENT).
  Result<void> remove(int descriptor);
  /// Waits until one is ready and answers the tags of those that are (up to 64 at a time, in turn). None: the time is over, or a signal came. What it answers
  /// stays until the next call. Errors: kernel.
  Result<std::span<const u64>> wait(Timeout timeout);
  /// True when it was a signal that ended the last wait().
  bool was_interrupted() const { return was_interrupted_; }

 private:
  Poller(kernel::Kernel& kernel, Fd epoll) : kernel_(&kernel), epoll_(std::move(epoll)) {}

  kernel::Kernel* kernel_;
  Fd epoll_;
  std::vector<u64> ready_;
  bool was_interrupted_ = false;
};

/// Resumes coroutines when descriptors are readable. One thread: whoever calls run_once() runs them. Must outlive the coroutines that wait in it.
///
///   Task watch(EventLoop& loop, RingBuffer& ring) {      // Task: any coroutine type
///     while (co_await loop.readable(ring.descriptor())) {
///       if (!ring.consume(show)) co_return;
///     }
///   }
class EventLoop {
 public:
  class Readable;

  static Result<EventLoop> create(kernel::Kernel& kernel);
  /// On this machine's kernel.
  static Result<EventLoop> create();
  EventLoop(EventLoop&&) noexcept;
  EventLoop& operator=(EventLoop&&) noexcept;
  ~EventLoop();

  /// `co_await loop.readable(fd)` suspends until it is, and gives a Result<void>. Errors: busy (another coroutine waits for it), kernel. A coroutine that is
  /// destroyed while it waits just leaves. `has_waiting`, when given, is asked once it is listened for, and true goes on at once. Perf events need it: they tell
  /// of what came once, to whoever looks first, and that is the arming. Of a PerfBuffer: `[&] { return buffer.waiting_bytes() != 0; }`.
  Readable readable(int descriptor, std::function<bool()> has_waiting = {});
  /// The loop's own descriptor, which is readable when a coroutine can go on.
  int descriptor() const;
  /// Coroutines that wait.
  std::size_t waiting() const;
  /// Waits until a descriptor is ready and resumes who waited for it. How many were resumed; 0: the time is over, a signal came, or nobody waits. Errors: kernel.
  Result<u32> run_once(Timeout timeout = std::nullopt);

 private:
  struct State;
  explicit EventLoop(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// What EventLoop::readable() gives to co_await.
class [[nodiscard]] EventLoop::Readable {
 public:
  Readable(State& loop, int descriptor, std::function<bool()> has_waiting)
      : loop_(&loop), descriptor_(descriptor), has_waiting_(std::move(has_waiting)) {}
  Readable(const Readable&) = delete;
  Readable& operator=(const Readable&) = delete;
  ~Readable();

  bool await_ready() const noexcept { return false; }
  /// False, and so no suspension, when the descriptor cannot be waited for or something waits already.
  bool await_suspend(std::coroutine_handle<> who);
  Result<void> await_resume() {
    if (error_) {
      return std::unexpected(*std::move(error_));
    }
    return {};
  }

 private:
  friend class EventLoop;
  State* loop_;
  int descriptor_;
  std::function<bool()> has_waiting_;
  bool waits_ = false;
  std::coroutine_handle<> who_;
  std::optional<Error> error_;
};

}  // namespace skep

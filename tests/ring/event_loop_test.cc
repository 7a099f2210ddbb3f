#include "skep/event_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "kernel/fake_kernel.h"
#include "load/this_machine.h"
#include "support/descriptors.h"

namespace skep {
namespace {

using std::chrono::milliseconds;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    from = Fd(ends[0]);
    to = Fd(ends[1]);
  }
  void put() const { EXPECT_EQ(::write(to.raw(), "x", 1), 1); }
  void take() const {
    char c = 0;
    EXPECT_EQ(::read(from.raw(), &c, 1), 1);
  }
  Fd from, to;
};

Poller poller() {
  auto made = Poller::create(load::this_kernel());
  EXPECT_TRUE(made);
  return *std::move(made);
}

TEST(Poller, TellsWhoIsReadyByTagAndNobodyElse) {
  Poller waiting = poller();
  const Pipe one, two;
  ASSERT_TRUE(waiting.add(one.from.raw(), 11));
  ASSERT_TRUE(waiting.add(two.from.raw(), 22));
  EXPECT_TRUE(waiting.wait(milliseconds(0))->empty());
  two.put();
  const auto ready = waiting.wait(milliseconds(1000));
  ASSERT_TRUE(ready);
  EXPECT_EQ(std::vector<u64>(ready->begin(), ready->end()), std::vector<u64>{22});
  EXPECT_EQ(waiting.wait(milliseconds(1000))->size(), 1U) << "it holds as long as it is readable";
  ASSERT_TRUE(waiting.remove(two.from.raw()));
  EXPECT_TRUE(waiting.wait(milliseconds(0))->empty());
}

TEST(Poller, IsItselfADescriptorToWaitFor) {
  Poller inner = poller();
  Poller outer = poller();
  const Pipe pipe;
  ASSERT_TRUE(inner.add(pipe.from.raw(), 1));
  ASSERT_TRUE(outer.add(inner.descriptor(), 2));
  EXPECT_TRUE(outer.wait(milliseconds(0))->empty());
  pipe.put();
  EXPECT_EQ(outer.wait(milliseconds(1000))->size(), 1U);
}

TEST(Poller, RefusalsAreTold) {
  Poller waiting = poller();
  const Pipe pipe;
  ASSERT_TRUE(waiting.add(pipe.from.raw(), 1));
  EXPECT_EQ(waiting.add(pipe.from.raw(), 1).error().sys_errno(), EEXIST);
  EXPECT_EQ(waiting.remove(pipe.to.raw()).error().sys_errno(), ENOENT);
}

TEST(Poller, ASignalIsNoError) {
  kernel::FakeKernel kernel;
  auto waiting = Poller::create(kernel);
  ASSERT_TRUE(waiting);
  kernel.fail_kind(kernel::CallKind::epoll_wait, 0, EINTR);
  kernel.fail_kind(kernel::CallKind::epoll_wait, 1, EBADF);
  const auto interrupted = waiting->wait(std::nullopt);
  ASSERT_TRUE(interrupted);
  EXPECT_TRUE(interrupted->empty());
  EXPECT_EQ(waiting->wait(std::nullopt).error().sys_errno(), EBADF);
}

/// The least that is a coroutine: starts at once, and is destroyed with its handle.
struct Task {
  struct promise_type {
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  ~Task() { reset(); }
  bool done() const { return handle_.done(); }
  void reset() {
    if (handle_) {
      std::exchange(handle_, nullptr).destroy();
    }
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

Task count(EventLoop& loop, const Pipe& pipe, u32 times, u32& counted) {
  for (u32 i = 0; i < times; ++i) {
    const auto readable = co_await loop.readable(pipe.from.raw());
    EXPECT_TRUE(readable);
    pipe.take();
    ++counted;
  }
}

TEST(EventLoop, ResumesACoroutineWhenItsDescriptorIsReadable) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  const Pipe one, two;
  u32 ones = 0;
  u32 twos = 0;
  const Task first = count(*loop, one, 3, ones);
  const Task second = count(*loop, two, 1, twos);
  EXPECT_EQ(loop->waiting(), 2U);
  EXPECT_EQ(loop->run_once(milliseconds(0)).value(), 0U);
  for (u32 i = 1; i <= 3; ++i) {
    one.put();
    EXPECT_EQ(loop->run_once(milliseconds(1000)).value(), 1U);
    EXPECT_EQ(ones, i);
  }
  EXPECT_TRUE(first.done());
  EXPECT_FALSE(second.done());
  two.put();
  EXPECT_EQ(loop->run_once().value(), 1U);
  EXPECT_TRUE(second.done());
  EXPECT_EQ(loop->run_once().value(), 0U) << "nobody waits, so it does not either";
}

Task wait_unless(EventLoop& loop, const Pipe& pipe, const bool& has_waiting, u32& resumed) {
  for (;;) {
    const auto readable = co_await loop.readable(pipe.from.raw(), [&] { return has_waiting; });
    EXPECT_TRUE(readable);
    if (++resumed == 2) {
      co_return;
    }
  }
}

TEST(EventLoop, WhatWaitsAlreadyIsNotWaitedFor) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  const Pipe pipe;
  u32 resumed = 0;
  bool has_waiting = true;
  const Task eager = wait_unless(*loop, pipe, has_waiting, resumed);
  EXPECT_TRUE(eager.done());
  EXPECT_EQ(resumed, 2U);
  EXPECT_EQ(loop->waiting(), 0U);
  resumed = 0;
  has_waiting = false;
  const Task patient = wait_unless(*loop, pipe, has_waiting, resumed);
  EXPECT_EQ(resumed, 0U);
  has_waiting = true;
  pipe.put();
  EXPECT_EQ(loop->run_once(milliseconds(1000)).value(), 1U);
  EXPECT_TRUE(patient.done());
}

TEST(EventLoop, ACoroutineThatIsDestroyedWhileItWaitsJustLeaves) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  const Pipe pipe;
  u32 counted = 0;
  {
    const Task task = count(*loop, pipe, 1, counted);
    EXPECT_EQ(loop->waiting(), 1U);
  }
  EXPECT_EQ(loop->waiting(), 0U);
  pipe.put();
  const Task again = count(*loop, pipe, 1, counted);
  EXPECT_EQ(loop->run_once(milliseconds(1000)).value(), 1U);
  EXPECT_EQ(counted, 1U);
}

Task take_then_destroy(EventLoop& loop, const Pipe& pipe, Task& other) {
  EXPECT_TRUE(co_await loop.readable(pipe.from.raw()));
  other.reset();
}

TEST(EventLoop, OneCoroutineMayDestroyAnotherThatIsReadyToo) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  const Pipe one, two;
  u32 counted = 0;
  Task victim = count(*loop, two, 1, counted);
  const Task killer = take_then_destroy(*loop, one, victim);
  one.put();
  two.put();
  const auto resumed = loop->run_once(milliseconds(1000));
  ASSERT_TRUE(resumed);
  EXPECT_TRUE(killer.done());
  EXPECT_EQ(*resumed, 1U + counted) << "whichever came first";
}

Task expect_error(EventLoop& loop, int descriptor, Errc code, bool& told) {
  const auto readable = co_await loop.readable(descriptor);
  told = !readable && readable.error().code() == code;
}

TEST(EventLoop, WhatCannotBeWaitedForIsToldWithoutSuspending) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  const Pipe pipe;
  u32 counted = 0;
  const Task first = count(*loop, pipe, 1, counted);
  bool busy = false;
  bool bad = false;
  const Task second = expect_error(*loop, pipe.from.raw(), Errc::busy, busy);
  const Task third = expect_error(*loop, 1'000'000, Errc::kernel, bad);
  EXPECT_TRUE(busy);
  EXPECT_TRUE(bad);
  EXPECT_TRUE(second.done());
}

TEST(EventLoop, NoDescriptorIsLeftBehind) {
  const std::size_t before = test::open_descriptors();
  {
    auto loop = EventLoop::create();
    ASSERT_TRUE(loop);
    auto set = Poller::create(load::this_kernel());
    ASSERT_TRUE(set);
  }
  EXPECT_EQ(test::open_descriptors(), before);
}

}  // namespace
}  // namespace skep

#include "skep/event_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <climits>
#include <unordered_map>

#include "kernel/call.h"
#include "load/this_machine.h"

namespace skep {

namespace {

int milliseconds(Timeout timeout) {
  if (!timeout) {
    return -1;
  }
  const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
  return static_cast<int>(std::clamp<s64>(whole, 0, INT_MAX));
}

u32 events_of(Readiness readiness) {
  // Room in a user ring is told by the edge: what room there is may be less than is wanted, and that must not look like news.
  return readiness == Readiness::readable ? u32{EPOLLIN} : u32{EPOLLOUT} | u32{EPOLLET};
}

Result<Fd> create_epoll(kernel::Kernel& kernel) {
  return kernel::descriptor(kernel.epoll_create(), "create an epoll descriptor");
}

}  // namespace

Result<Poller> Poller::create(kernel::Kernel& kernel) {
  SKEP_TRY(Fd epoll, create_epoll(kernel));
  return Poller(kernel, std::move(epoll));
}

Result<void> Poller::add(int descriptor, u64 tag, Readiness readiness) {
  epoll_event event{.events = events_of(readiness), .data = {.u64 = tag}};
  return kernel::done(kernel_->epoll_control(epoll_.raw(), EPOLL_CTL_ADD, descriptor, &event),
                      [&] { return cat("wait for descriptor ", descriptor); });
}

Result<void> Poller::remove(int descriptor) {
  return kernel::done(kernel_->epoll_control(epoll_.raw(), EPOLL_CTL_DEL, descriptor, nullptr),
                      [&] { return cat("wait no longer for descriptor ", descriptor); });
}

Result<std::span<const u64>> Poller::wait(Timeout timeout) {
  std::array<epoll_event, 64> events;
  ready_.clear();
  const int count = kernel_->epoll_wait(epoll_.raw(), events.data(), static_cast<int>(events.size()),
                                        milliseconds(timeout));
  was_interrupted_ = count == -EINTR;
  if (was_interrupted_) {
    return std::span<const u64>();
  }
  SKEP_CHECK(kernel::answer(count, "wait for descriptors"));
  for (int i = 0; i < count; ++i) {
    const u64 tag = events[static_cast<std::size_t>(i)].data.u64;  // a copy: the structure is packed
    ready_.push_back(tag);
  }
  return std::span<const u64>(ready_);
}

struct EventLoop::State {
  kernel::Kernel* kernel = nullptr;
  Fd epoll;
  std::unordered_map<int, Readable*> waiting;  // by descriptor

  /// Asks to be told once.
  Result<void> arm(int descriptor) {
    epoll_event event{.events = u32{EPOLLIN} | u32{EPOLLONESHOT}, .data = {.fd = descriptor}};
    int result = kernel->epoll_control(epoll.raw(), EPOLL_CTL_MOD, descriptor, &event);
    if (result == -ENOENT) {
      result = kernel->epoll_control(epoll.raw(), EPOLL_CTL_ADD, descriptor, &event);
    }
    return kernel::done(result, [&] { return cat("wait for descriptor ", descriptor); });
  }
};

EventLoop::EventLoop(std::unique_ptr<State> state) : state_(std::move(state)) {}
EventLoop::EventLoop(EventLoop&&) noexcept = default;
EventLoop& EventLoop::operator=(EventLoop&&) noexcept = default;
EventLoop::~EventLoop() = default;

Result<EventLoop> EventLoop::create(kernel::Kernel& kernel) {
  SKEP_TRY(Fd epoll, create_epoll(kernel));
  auto state = std::make_unique<State>();
  state->kernel = &kernel;
  state->epoll = std::move(epoll);
  return EventLoop(std::move(state));
}

Result<EventLoop> EventLoop::create() {
  return create(load::this_kernel());
}

int EventLoop::descriptor() const {
  return state_->epoll.raw();
}

std::size_t EventLoop::waiting() const {
  return state_->waiting.size();
}

EventLoop::Readable EventLoop::readable(int descriptor, std::function<bool()> has_waiting) {
  return Readable(*state_, descriptor, std::move(has_waiting));
}

Result<u32> EventLoop::run_once(Timeout timeout) {
  State& state = *state_;
  if (state.waiting.empty()) {
    return 0;
  }
  std::array<epoll_event, 64> events;
  const int count = state.kernel->epoll_wait(state.epoll.raw(), events.data(),
                                             static_cast<int>(events.size()), milliseconds(timeout));
  if (count == -EINTR) {
    return 0;
  }
  SKEP_CHECK(kernel::answer(count, "wait for descriptors"));
  u32 resumed = 0;
  for (int i = 0; i < count; ++i) {
    // Looked up each time: the one that was resumed before may have destroyed this one.
    const int descriptor = events[static_cast<std::size_t>(i)].data.fd;  // a copy: the structure is packed
    const auto found = state.waiting.find(descriptor);
    if (found == state.waiting.end()) {
      continue;
    }
    Readable& waits = *found->second;
    state.waiting.erase(found);
    waits.waits_ = false;
    ++resumed;
    waits.who_.resume();
  }
  return resumed;
}

bool EventLoop::Readable::await_suspend(std::coroutine_handle<> who) {
  if (loop_->waiting.contains(descriptor_)) {
    error_ = Error(Errc::busy, cat("descriptor ", descriptor_, ": another coroutine waits for it already"));
    return false;
  }
  if (auto armed = loop_->arm(descriptor_); !armed) {
    error_ = std::move(armed).error();
    return false;
  }
  if (has_waiting_ && has_waiting_()) {
    loop_->kernel->epoll_control(loop_->epoll.raw(), EPOLL_CTL_DEL, descriptor_, nullptr);
    return false;
  }
  who_ = who;
  waits_ = true;
  loop_->waiting.emplace(descriptor_, this);
  return true;
}

EventLoop::Readable::~Readable() {
  if (waits_) {
    loop_->waiting.erase(descriptor_);
    loop_->kernel->epoll_control(loop_->epoll.raw(), EPOLL_CTL_DEL, descriptor_, nullptr);
  }
}

}  // namespace skep

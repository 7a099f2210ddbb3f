#include "skep/user_ring.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>
#include <thread>
#include <vector>

#include "kernel/fake_kernel.h"
#include "kernel/map.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace {

using kernel::FakeKernel;
using Position = unsigned long;

constexpr u32 page_bytes = 4096;

/// A user ring of the model with a program at its other end.
class Drained {
 public:
  explicit Drained(FakeKernel& kernel)
      : map_(kernel, create(kernel),
             {.name = "commands", .type = BPF_MAP_TYPE_USER_RINGBUF, .max_entries = page_bytes}) {
    auto opened = UserRingBuffer::open(map_);
    EXPECT_TRUE(opened) << opened.error().message();
    ring_ = std::make_unique<UserRingBuffer>(*std::move(opened));
    for (const kernel::FakeCall& call : kernel.calls()) {
      if (call.kind == kernel::CallKind::map_memory) {
        auto* const at = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(call.result));
        EXPECT_EQ(call.memory.writable, call.memory.offset != 0) << "the reader's page is the kernel's";
        EXPECT_EQ(::mprotect(at, call.memory.bytes, PROT_READ | PROT_WRITE), 0);
        (call.memory.offset == 0 ? consumer_page_ : producer_page_) = at;
      }
    }
  }

  UserRingBuffer& ring() { return *ring_; }
  Position* consumer() { return reinterpret_cast<Position*>(consumer_page_); }
  Position* producer() { return reinterpret_cast<Position*>(producer_page_); }

  /// bpf_user_ringbuf_drain(): the first bytes of what was submitted, up to one that is not.
  std::vector<u64> drain() {
    std::vector<u64> values;
    for (;;) {
      const Position written = __atomic_load_n(producer(), __ATOMIC_ACQUIRE);
      const Position read = *consumer();
      if (read == written) {
        return values;
      }
      const std::byte* const header = producer_page_ + page_bytes + read % page_bytes;
      const u32 length = __atomic_load_n(reinterpret_cast<const u32*>(header), __ATOMIC_ACQUIRE);
      if ((length & BPF_RINGBUF_BUSY_BIT) != 0) {
        return values;
      }
      const u32 bytes = length & ~BPF_RINGBUF_DISCARD_BIT;
      if ((length & BPF_RINGBUF_DISCARD_BIT) == 0) {
        u64 value = 0;
        std::memcpy(&value, header + 8, std::min<std::size_t>(sizeof value, bytes));
        values.push_back(value);
      }
      __atomic_store_n(consumer(), read + (bytes + 15) / 8 * 8, __ATOMIC_RELEASE);
    }
  }

 private:
  static Fd create(FakeKernel& kernel) {
    auto fd = kernel::map_create(
        kernel, {.type = BPF_MAP_TYPE_USER_RINGBUF, .max_entries = page_bytes, .name = "commands"});
    EXPECT_TRUE(fd);
    return *std::move(fd);
  }

  Map map_;
  std::unique_ptr<UserRingBuffer> ring_;
  std::byte* consumer_page_ = nullptr;
  std::byte* producer_page_ = nullptr;
};

UserRecord put(UserRingBuffer& ring, u64 value) {
  auto record = ring.reserve(sizeof value);
  EXPECT_TRUE(record) << record.error().message();
  std::memcpy(record->bytes().data(), &value, sizeof value);
  return *std::move(record);
}

TEST(UserRingBuffer, ProgramsSeeWhatIsSubmittedInTheOrderOfReservation) {
  FakeKernel kernel;
  Drained drained(kernel);
  UserRecord first = put(drained.ring(), 1);
  UserRecord second = put(drained.ring(), 2);
  second.submit();
  EXPECT_TRUE(drained.drain().empty()) << "the first is not submitted";
  EXPECT_EQ(drained.ring().waiting_bytes(), 32U);
  first.submit();
  EXPECT_EQ(drained.drain(), (std::vector<u64>{1, 2}));
  EXPECT_EQ(drained.ring().waiting_bytes(), 0U);
}

TEST(UserRingBuffer, WhatIsDiscardedOrForgottenIsNotSeen) {
  FakeKernel kernel;
  Drained drained(kernel);
  put(drained.ring(), 1).discard();
  { const UserRecord forgotten = put(drained.ring(), 2); }
  UserRecord third = put(drained.ring(), 3);
  third.submit();
  third.submit();
  third.discard();
  EXPECT_EQ(drained.drain(), std::vector<u64>{3});
}

TEST(UserRingBuffer, AFullRingIsBusyAndALargerRecordThanItIsInvalid) {
  FakeKernel kernel;
  Drained drained(kernel);
  struct Case {
    u32 bytes;
    Errc code;
    int sys_errno;
  };
  UserRecord most = *drained.ring().reserve(page_bytes - 24);
  for (const Case& one : {Case{9, Errc::busy, ENOSPC}, Case{page_bytes - 8, Errc::busy, ENOSPC},
                          Case{page_bytes - 7, Errc::invalid, E2BIG},
                          Case{u32{1} << 30, Errc::invalid, E2BIG}, Case{~u32{0}, Errc::invalid, E2BIG}}) {
    const auto record = drained.ring().reserve(one.bytes);
    ASSERT_FALSE(record) << one.bytes;
    EXPECT_EQ(record.error().code(), one.code) << one.bytes;
    EXPECT_EQ(record.error().sys_errno(), one.sys_errno);
    EXPECT_NE(record.error().message().find("'commands'"), std::string::npos);
  }
  auto last = drained.ring().reserve(8);
  ASSERT_TRUE(last);
  EXPECT_FALSE(drained.ring().reserve(0));
  most.submit();
  last->discard();
  EXPECT_EQ(drained.drain().size(), 1U);
  EXPECT_TRUE(drained.ring().reserve(page_bytes - 8));
}

TEST(UserRingBuffer, RecordsGoAcrossTheEndInOnePiece) {
  FakeKernel kernel;
  Drained drained(kernel);
  for (u64 value = 0; value < 1000; ++value) {
    auto record = drained.ring().reserve(200);
    ASSERT_TRUE(record);
    ASSERT_EQ(record->bytes().size(), 200U);
    std::memset(record->bytes().data(), 0, 200);
    std::memcpy(record->bytes().data(), &value, sizeof value);
    record->submit();
    ASSERT_EQ(drained.drain(), std::vector<u64>{value});
  }
}

TEST(UserRingBuffer, WaitingForRoomEndsWithTheTime) {
  FakeKernel kernel;
  Drained drained(kernel);
  const UserRecord all = *drained.ring().reserve(page_bytes - 8);
  const auto record = drained.ring().reserve(8, std::chrono::milliseconds(1));
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().code(), Errc::busy);
  EXPECT_EQ(record.error().sys_errno(), ETIMEDOUT);
}

TEST(UserRingBuffer, WaitingForRoomEndsWithASignalUnlessThereIsRoom) {
  FakeKernel kernel;
  Drained drained(kernel);
  UserRecord all = *drained.ring().reserve(page_bytes - 8);
  for (const Timeout timeout : {Timeout(), Timeout(std::chrono::minutes(5))}) {
    kernel.fail_kind(kernel::CallKind::epoll_wait, 3, EINTR);
    const auto record = drained.ring().reserve(8, timeout);
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code(), Errc::busy);
    EXPECT_EQ(record.error().sys_errno(), EINTR);
  }
  kernel.on_call = [&](kernel::FakeCall& call) -> std::optional<s64> {
    if (call.kind != kernel::CallKind::epoll_wait) {
      return std::nullopt;
    }
    all.submit();
    drained.drain();
    return -EINTR;
  };
  EXPECT_TRUE(drained.ring().reserve(8, std::nullopt)) << "what came with the signal is not thrown away";
}

TEST(UserRingBuffer, WaitingForRoomEndsWithRoom) {
  FakeKernel kernel;
  Drained drained(kernel);
  UserRecord all = *drained.ring().reserve(page_bytes - 8);
  all.submit();
  std::thread program([&] { drained.drain(); });
  // The model's epoll wakes at once, so this looks again and again.
  const auto record = drained.ring().reserve(8, std::nullopt);
  EXPECT_TRUE(record);
  program.join();
}

TEST(UserRingBuffer, EveryFailureWhileOpeningAndWaitingIsTold) {
  for (const kernel::CallKind kind : {kernel::CallKind::map_memory, kernel::CallKind::epoll_create,
                                      kernel::CallKind::epoll_control, kernel::CallKind::epoll_wait}) {
    FakeKernel kernel;
    if (kind == kernel::CallKind::map_memory) {
      const Map map(
          kernel, *kernel::map_create(kernel, {.type = BPF_MAP_TYPE_USER_RINGBUF, .max_entries = page_bytes}),
          {.name = "commands", .type = BPF_MAP_TYPE_USER_RINGBUF, .max_entries = page_bytes});
      for (u32 nth = 0; nth < 2; ++nth) {
        kernel.fail_kind(kind, nth, EPERM);
        const auto ring = UserRingBuffer::open(map);
        ASSERT_FALSE(ring);
        EXPECT_EQ(ring.error().code(), Errc::denied);
      }
      continue;
    }
    Drained drained(kernel);
    const UserRecord all = *drained.ring().reserve(page_bytes - 8);
    kernel.fail_kind(kind, 0, EBADF);
    const auto record = drained.ring().reserve(8, std::chrono::seconds(5));
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().sys_errno(), EBADF);
  }
}

TEST(UserRingBuffer, AnotherKindOfMapIsRefused) {
  FakeKernel kernel;
  const Map map(kernel, Fd(), {.name = "events", .type = BPF_MAP_TYPE_RINGBUF, .max_entries = page_bytes});
  const auto ring = UserRingBuffer::open(map);
  ASSERT_FALSE(ring);
  EXPECT_EQ(ring.error().code(), Errc::invalid);
}

TEST(UserRingThreads, WhatOneThreadWritesAnotherDrainsWhole) {
  FakeKernel kernel;
  Drained drained(kernel);
  constexpr u64 count = 50'000;
  std::vector<u64> seen;
  std::thread program([&] {
    while (seen.size() < count) {
      for (const u64 value : drained.drain()) {
        seen.push_back(value);
      }
      std::this_thread::yield();
    }
  });
  for (u64 value = 0; value < count; ++value) {
    auto record = drained.ring().reserve(sizeof value);
    while (!record) {
      std::this_thread::yield();
      record = drained.ring().reserve(sizeof value);
    }
    std::memcpy(record->bytes().data(), &value, sizeof value);
    record->submit();
  }
  program.join();
  for (u64 value = 0; value < count; ++value) {
    ASSERT_EQ(seen[value], value);
  }
}

}  // namespace
}  // namespace skep

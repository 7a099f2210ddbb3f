// Readers and programs at the same time, for ThreadSanitizer and for machines with weak memory order.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "ring/fake_program.h"

namespace skep {
namespace {

using kernel::FakeKernel;
using test::FakeRing;

/// A record whose parts contradict each other when it is read half written.
struct Event {
  u64 number;
  std::array<u64, 5> body;  // number times 1 to 5
};

Event event(u64 number) {
  Event made{.number = number};
  for (std::size_t i = 0; i < made.body.size(); ++i) {
    made.body[i] = number * (i + 1);
  }
  return made;
}

struct Seen {
  u64 records = 0;
  u64 missing = 0;
  u64 torn = 0;
  u64 next = 0;

  void take(RingRecord record) {
    Event it;
    std::memcpy(&it, record.data(), sizeof it);
    const Event whole = event(it.number);
    torn += record.size() != sizeof it || it.body != whole.body || it.number < next ? 1U : 0U;
    missing += it.number - next;
    next = it.number + 1;
    ++records;
  }
};

/// Writes `count` events, some of them discarded, and lets the reader come to where it would have to be woken.
void produce(FakeRing& ring, u64 count, u64& discarded) {
  for (u64 number = 0; number < count; ++number) {
    std::byte* const record = ring.reserve(sizeof(Event));
    if (record == nullptr) {
      std::this_thread::yield();
      continue;
    }
    const bool discard = number % 97 == 96;
    const Event made = event(number);
    std::memcpy(record, &made, sizeof made);
    ring.commit(record, discard);
    discarded += discard ? 1U : 0U;
  }
}

void check(const Seen& seen, FakeRing& ring, u64 count, u64 discarded) {
  EXPECT_EQ(seen.torn, 0U);
  EXPECT_EQ(seen.records + ring.lost + discarded, count);
  EXPECT_EQ(ring.reader().statistics().records, seen.records);
  EXPECT_EQ(ring.reader().statistics().discarded, discarded);
  EXPECT_EQ(ring.reader().waiting_bytes(), 0U);
}

constexpr u64 events = 200'000;

TEST(RingThreads, ConsumeLosesAndTearsNothing) {
  FakeKernel kernel;
  FakeRing ring(kernel, 4 * test::page_bytes);
  Seen seen;
  u64 discarded = 0;
  std::atomic<bool> done = false;
  std::thread program([&] {
    produce(ring, events, discarded);
    done = true;
  });
  for (bool last = false; !last;) {
    last = done;
    ASSERT_TRUE(ring.reader().consume([&](RingRecord record) { seen.take(record); }));
    std::this_thread::yield();
  }
  program.join();
  check(seen, ring, events, discarded);
}

TEST(RingThreads, BatchesLoseAndTearNothing) {
  FakeKernel kernel;
  FakeRing ring(kernel, 4 * test::page_bytes);
  Seen seen;
  u64 discarded = 0;
  std::atomic<bool> done = false;
  std::thread program([&] {
    produce(ring, events, discarded);
    done = true;
  });
  for (bool last = false; !last;) {
    last = done;
    auto batch = ring.reader().lease(100);
    ASSERT_TRUE(batch);
    u64 got = 0;
    for (const RingRecord record : *batch) {
      seen.take(record);
      ++got;
    }
    ASSERT_TRUE(batch->release());
    last = last && got == 0;
    std::this_thread::yield();
  }
  program.join();
  check(seen, ring, events, discarded);
}

TEST(RingThreads, TwoRingsAreReadByTwoThreadsAndWatchedByAThird) {
  FakeKernel kernel;
  std::array<FakeRing, 2> rings = {FakeRing(kernel, 4 * test::page_bytes),
                                   FakeRing(kernel, test::page_bytes)};
  std::array<Seen, 2> seen;
  std::array<u64, 2> discarded{};
  std::array<std::atomic<bool>, 2> done{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      produce(rings[i], events / 2, discarded[i]);
      done[i] = true;
    });
    threads.emplace_back([&, i] {
      for (bool last = false; !last;) {
        last = done[i];
        EXPECT_TRUE(rings[i].reader().consume([&](RingRecord record) { seen[i].take(record); }));
      }
    });
  }
  while (!done[0] || !done[1]) {
    for (FakeRing& ring : rings) {
      const RingStatistics known = ring.reader().statistics();
      EXPECT_LE(known.waiting_bytes, known.size_bytes);
    }
    std::this_thread::yield();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (std::size_t i = 0; i < 2; ++i) {
    check(seen[i], rings[i], events / 2, discarded[i]);
  }
}

}  // namespace
}  // namespace skep

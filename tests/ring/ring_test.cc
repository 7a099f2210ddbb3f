#include "skep/ring.h"

#include <gtest/gtest.h>

#include <numeric>
#include <ranges>
#include <stdexcept>
#include <vector>

#include "ring/fake_program.h"

namespace skep {
namespace {

using kernel::FakeKernel;
using test::FakeRing;
using test::page_bytes;

static_assert(std::ranges::input_range<RingBatch>);
static_assert(!std::is_copy_constructible_v<RingBuffer>);

/// What FakeRing::write_value() wrote, in this machine's byte order.
u64 number_in(RingRecord record) {
  u64 value = 0;
  std::memcpy(&value, record.data(), std::min(record.size(), sizeof value));
  return value;
}

std::vector<u64> read_all(RingBuffer& ring) {
  std::vector<u64> values;
  const auto count = ring.consume([&](RingRecord record) { values.push_back(number_in(record)); });
  EXPECT_TRUE(count) << count.error().message();
  EXPECT_EQ(count.value_or(0), values.size());
  return values;
}

TEST(RingBuffer, RecordsOfEveryLengthComeWholeAndInOrderAlsoAcrossTheEnd) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  u8 fill = 0;
  for (u32 round = 0; round < 50; ++round) {
    for (u32 bytes = 0; bytes < 200; bytes += 13, ++fill) {
      ASSERT_TRUE(ring.write(bytes, fill));
      u32 seen = 0;
      const auto count = ring.reader().consume([&](RingRecord record) {
        ++seen;
        EXPECT_EQ(record.size(), bytes);
        EXPECT_TRUE(std::ranges::all_of(record, [&](std::byte one) { return one == std::byte{fill}; }));
      });
      ASSERT_TRUE(count);
      EXPECT_EQ(*count, 1U);
      EXPECT_EQ(seen, 1U);
    }
  }
  EXPECT_GT(*ring.consumer(), 10 * page_bytes);
  EXPECT_EQ(*ring.consumer(), *ring.producer());
}

TEST(RingBuffer, ARecordLiesWhereTheProgramWroteIt) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  std::byte* const written = ring.reserve(24);
  ring.commit(written);
  auto batch = ring.reader().lease();
  ASSERT_TRUE(batch);
  RingRecord record;
  ASSERT_TRUE(batch->next(record));
  EXPECT_EQ(record.data(), written);
}

TEST(RingBuffer, ABatchIsReleasedOnceAndOnlyAsFarAsItWasRead) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  for (u64 value = 1; value <= 10; ++value) {
    ASSERT_TRUE(ring.write_value(value));
  }
  {
    auto batch = ring.reader().lease();
    ASSERT_TRUE(batch);
    u64 sum = 0;
    for (const RingRecord record : *batch | std::views::take(4)) {
      sum += number_in(record);
      EXPECT_EQ(*ring.consumer(), 0U) << "released while it was lent";
    }
    EXPECT_EQ(sum, 1U + 2 + 3 + 4);
  }
  EXPECT_EQ(*ring.consumer(), 4U * 16);
  EXPECT_EQ(read_all(ring.reader()), (std::vector<u64>{5, 6, 7, 8, 9, 10}));
}

TEST(RingBuffer, ABatchTakesNoMoreThanAskedFor) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  for (u64 value = 0; value < 5; ++value) {
    ASSERT_TRUE(ring.write_value(value));
  }
  auto batch = ring.reader().lease(3);
  ASSERT_TRUE(batch);
  EXPECT_EQ(std::ranges::distance(*batch), 3);
  ASSERT_TRUE(batch->release());
  EXPECT_EQ(ring.reader().waiting_bytes(), 2U * 16);
  RingRecord record;
  EXPECT_FALSE(batch->next(record)) << "a released batch has no more";
}

TEST(RingBuffer, WhatIsGivenBackComesAgain) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  ASSERT_TRUE(ring.write_value(u64{7}));
  {
    auto batch = ring.reader().lease();
    ASSERT_TRUE(batch);
    RingRecord record;
    EXPECT_TRUE(batch->next(record));
    batch->give_back();
  }
  EXPECT_EQ(ring.reader().statistics().records, 0U);
  EXPECT_EQ(read_all(ring.reader()), std::vector<u64>{7});
}

TEST(RingBuffer, ARecordThatIsBeingWrittenHoldsBackThoseAfterIt) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  ASSERT_TRUE(ring.write_value(u64{1}));
  std::byte* const slow = ring.reserve(8);
  ASSERT_TRUE(ring.write_value(u64{3}));
  EXPECT_EQ(read_all(ring.reader()), std::vector<u64>{1});
  EXPECT_TRUE(ring.reader().has_waiting());
  const u64 two = 2;
  std::memcpy(slow, &two, sizeof two);
  EXPECT_TRUE(ring.commit(slow)) << "the reader has come to it, so it must be woken";
  EXPECT_EQ(read_all(ring.reader()), (std::vector<u64>{2, 3}));
  EXPECT_FALSE(ring.reader().has_waiting());
}

TEST(RingBuffer, DiscardedRecordsAreSkippedAndCounted) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  ASSERT_TRUE(ring.write_value(u64{1}));
  ring.commit(ring.reserve(100), true);
  ASSERT_TRUE(ring.write_value(u64{2}));
  EXPECT_EQ(read_all(ring.reader()), (std::vector<u64>{1, 2}));
  const RingStatistics known = ring.reader().statistics();
  EXPECT_EQ(known.records, 2U);
  EXPECT_EQ(known.discarded, 1U);
  EXPECT_EQ(known.bytes, 16U + 112 + 16);
  EXPECT_EQ(known.waiting_bytes, 0U);
  EXPECT_EQ(known.most_waiting_bytes, 16U + 112 + 16);
  EXPECT_EQ(known.size_bytes, page_bytes);
}

TEST(RingBuffer, ACallbackStopsByFalseAndItsRecordIsReleased) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  for (u64 value = 0; value < 5; ++value) {
    ASSERT_TRUE(ring.write_value(value));
  }
  u32 seen = 0;
  const auto count = ring.reader().consume([&](RingRecord) { return ++seen < 2; });
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 2U);
  const auto one = ring.reader().consume([](RingRecord) {}, 1);
  ASSERT_TRUE(one);
  EXPECT_EQ(*one, 1U);
  EXPECT_EQ(ring.reader().consume([](RingRecord) {}, 0).value(), 0U);
  EXPECT_EQ(read_all(ring.reader()), (std::vector<u64>{3, 4}));
}

TEST(RingBuffer, ACallbackThatThrowsHasHadItsRecord) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  ASSERT_TRUE(ring.write_value(u64{1}));
  ASSERT_TRUE(ring.write_value(u64{2}));
  EXPECT_THROW((void)ring.reader().consume([](RingRecord) -> void { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_EQ(ring.reader().statistics().records, 1U);
  EXPECT_EQ(read_all(ring.reader()), std::vector<u64>{2});
}

TEST(RingBuffer, RecordsThatComeMeanwhileAreReadButAFastProgramCannotHoldTheReader) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  ASSERT_TRUE(ring.write_value(u64{0}));
  u64 next = 1;
  const auto count = ring.reader().consume([&](RingRecord) { EXPECT_TRUE(ring.write_value(next++)); });
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, page_bytes / 16);
}

TEST(RingBuffer, RoomIsReleasedDuringALongConsume) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  while (ring.write_value(u64{0})) {}
  const u64 whole = *ring.producer();
  u64 read = 0;
  const auto count = ring.reader().consume([&](RingRecord) {
    // Released so far: all but what was read since the last sixteenth.
    EXPECT_GE(*ring.consumer() + page_bytes / 16, read);
    read += 16;
    return read < whole;
  });
  ASSERT_TRUE(count);
  EXPECT_EQ(*count * 16, whole);
}

TEST(RingBuffer, NoLengthLeadsOutOfTheRing) {
  for (const u32 length : {u32{9}, u32{17}, u32{page_bytes}, u32{2 * page_bytes}, u32{0x3fffffff},
                           u32{0x3ffffff8}, u32{0x7fffffff}, u32{0x40000011}}) {
    FakeKernel kernel;
    FakeRing ring(kernel);
    ASSERT_TRUE(ring.write_value(u64{1}));
    ASSERT_TRUE(ring.write_value(u64{2}));
    *ring.header_at(16) = length;
    u32 seen = 0;
    const auto count = ring.reader().consume([&](RingRecord) { ++seen; });
    ASSERT_FALSE(count) << length;
    EXPECT_EQ(count.error().code(), Errc::malformed);
    EXPECT_EQ(seen, 1U) << "what comes before it is read";
    EXPECT_EQ(*ring.consumer(), 16U);
    const auto again = ring.reader().lease();
    ASSERT_FALSE(again) << "not as at the end";
    EXPECT_EQ(again.error().message(), count.error().message());
  }
}

TEST(RingBuffer, WhoeverReadsByRangesOnlyHearsOfARecordThatCannotBe) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  ASSERT_TRUE(ring.write_value(u64{1}));
  ASSERT_TRUE(ring.write_value(u64{2}));
  *ring.header_at(16) = 1000;
  u32 seen = 0;
  {
    auto batch = ring.reader().lease();
    ASSERT_TRUE(batch);
    for (const RingRecord record : *batch) {
      seen += record.size() == 8 ? 1U : 0U;
    }
    EXPECT_TRUE(batch->malformed());
  }
  EXPECT_EQ(seen, 1U);
  for (u32 i = 0; i < 2; ++i) {
    ASSERT_TRUE(ring.write(1000));
    const auto batch = ring.reader().lease();
    ASSERT_FALSE(batch) << "also where so much was written that the length could be";
    EXPECT_EQ(batch.error().code(), Errc::malformed);
    const auto count = ring.reader().consume([](RingRecord) {});
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code(), Errc::malformed);
  }
  *ring.consumer() = *ring.producer();
  ASSERT_TRUE(ring.write_value(u64{3}));
  EXPECT_EQ(read_all(ring.reader()), std::vector<u64>{3}) << "past it";
}

TEST(RingBuffer, RecordsAreOutToOneReaderAtATime) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  const auto is_busy = [&] {
    const auto count = ring.reader().consume([](RingRecord) { FAIL() << "it is out already"; });
    const auto batch = ring.reader().lease();
    return !count && count.error().code() == Errc::busy && !batch && batch.error().code() == Errc::busy;
  };
  for (u64 value = 0; value < 6; ++value) {
    ASSERT_TRUE(ring.write_value(value));
  }
  {
    auto batch = ring.reader().lease(2);
    ASSERT_TRUE(batch);
    EXPECT_TRUE(is_busy());
    EXPECT_EQ(std::ranges::distance(*batch), 2);
    EXPECT_TRUE(is_busy());
    RingBatch moved = *std::move(batch);
    EXPECT_TRUE(is_busy());
    ASSERT_TRUE(moved.release());
    EXPECT_TRUE(ring.reader().lease(1)) << "the one that was released is over, though it is still there";
  }
  ASSERT_EQ(*ring.consumer(), 2U * 16);
  {
    auto batch = ring.reader().lease();
    ASSERT_TRUE(batch);
    batch->give_back();
    EXPECT_TRUE(ring.reader().lease());
  }
  std::vector<u64> values;
  ASSERT_TRUE(ring.reader().consume([&](RingRecord record) {
    EXPECT_TRUE(is_busy());
    values.push_back(number_in(record));
  }));
  EXPECT_EQ(values, (std::vector<u64>{2, 3, 4, 5}));
  EXPECT_EQ(*ring.consumer(), *ring.producer());
  ASSERT_TRUE(ring.write_value(u64{6}));
  EXPECT_THROW((void)ring.reader().consume([](RingRecord) -> void { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_TRUE(read_all(ring.reader()).empty()) << "not busy any more";
}

TEST(RingBuffer, PositionsThatCannotBeAreRefused) {
  struct Case {
    test::Position read, written;
  };
  for (const Case& one : {Case{16, 0}, Case{0, page_bytes + 8}, Case{4, 16}, Case{~test::Position{0}, 0}}) {
    FakeKernel kernel;
    FakeRing ring(kernel);
    *ring.consumer() = one.read;
    *ring.producer() = one.written;
    const auto count = ring.reader().consume([](RingRecord) { FAIL() << "there is no record"; });
    ASSERT_FALSE(count);
    EXPECT_EQ(count.error().code(), Errc::malformed);
    EXPECT_FALSE(ring.reader().lease());
    EXPECT_LE(ring.reader().waiting_bytes(), page_bytes);
  }
}

TEST(RingBuffer, PositionsMayWrap) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  *ring.consumer() = *ring.producer() = ~test::Position{0} - 23;
  for (u64 value = 0; value < 4; ++value) {
    ASSERT_TRUE(ring.write_value(value));
  }
  EXPECT_EQ(read_all(ring.reader()), (std::vector<u64>{0, 1, 2, 3}));
}

TEST(RingBuffer, OnlyARingBufferCanBeOpened) {
  FakeKernel kernel;
  struct Case {
    MapTraits traits;
    Errc code;
    std::string_view text;
  };
  const std::vector<Case> cases = {
      {{.name = "m", .type = BPF_MAP_TYPE_HASH, .max_entries = 4096},
       Errc::invalid,
       "no ring buffer but of type hash"},
      {{.name = "m", .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4095}, Errc::malformed, "power of two"},
      {{.name = "m", .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 0}, Errc::malformed, "power of two"},
      {{.name = "m", .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 12288}, Errc::malformed, "power of two"},
      {{.name = "m", .type = BPF_MAP_TYPE_RINGBUF, .max_entries = 4096, .flags = BPF_F_RB_OVERWRITE},
       Errc::unsupported,
       "overwrites"},
  };
  for (const Case& one : cases) {
    const Map map(kernel, Fd(), one.traits);
    const auto ring = RingBuffer::open(map);
    ASSERT_FALSE(ring) << one.text;
    EXPECT_EQ(ring.error().code(), one.code);
    EXPECT_NE(ring.error().message().find(one.text), std::string::npos) << ring.error().message();
  }
  EXPECT_TRUE(kernel.calls().empty());
}

TEST(RingBuffer, AFailureToMapIsToldAndLeavesNothingMapped) {
  for (u32 nth = 0; nth < 2; ++nth) {
    FakeKernel kernel;
    const Map map(kernel, FakeRing::create(kernel, page_bytes), FakeRing::traits(page_bytes));
    kernel.fail_kind(kernel::CallKind::map_memory, nth, ENOMEM);
    const auto ring = RingBuffer::open(map);
    ASSERT_FALSE(ring);
    EXPECT_EQ(ring.error().sys_errno(), ENOMEM);
    EXPECT_TRUE(ring.error().message().starts_with("ring buffer 'events'")) << ring.error().message();
    u32 mapped = 0;
    u32 unmapped = 0;
    for (const kernel::FakeCall& call : kernel.calls()) {
      mapped += call.kind == kernel::CallKind::map_memory && call.result > 0 ? 1U : 0U;
      unmapped += call.kind == kernel::CallKind::unmap_memory ? 1U : 0U;
    }
    EXPECT_EQ(mapped, nth);
    EXPECT_EQ(unmapped, nth);
  }
}

TEST(RingBuffer, AMovedRingReadsOn) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  ASSERT_TRUE(ring.write_value(u64{5}));
  RingBuffer moved = std::move(ring.reader());
  EXPECT_EQ(read_all(moved), std::vector<u64>{5});
}

u32 unmapped(const FakeKernel& kernel) {
  u32 count = 0;
  for (const kernel::FakeCall& call : kernel.calls()) {
    count += call.kind == kernel::CallKind::unmap_memory ? 1U : 0U;
  }
  return count;
}

TEST(RingBuffer, ABatchIsUntouchedByWhateverBecomesOfItsRing) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  ASSERT_TRUE(ring.write_value(u64{5}));
  ASSERT_TRUE(ring.write_value(u64{6}));
  auto first = ring.reader().lease(1);
  ASSERT_TRUE(first);
  std::optional<RingBuffer> moved = std::move(ring.reader());
  EXPECT_FALSE(moved->lease());
  EXPECT_EQ(std::ranges::distance(*first), 1);
  ASSERT_TRUE(first->release());
  EXPECT_EQ(moved->statistics().records, 1U);
  {
    auto second = moved->lease();
    ASSERT_TRUE(second);
    moved.reset();
    RingRecord record;
    ASSERT_TRUE(second->next(record));
    EXPECT_EQ(number_in(record), 6U);
    EXPECT_EQ(*ring.consumer(), 16U);
    EXPECT_EQ(unmapped(kernel), 0U);
  }
  EXPECT_EQ(unmapped(kernel), 2U);
}

TEST(RingBuffer, ACallbackMayMoveAndDestroyItsRing) {
  FakeKernel kernel;
  FakeRing ring(kernel);
  for (u64 value = 0; value < 5; ++value) {
    ASSERT_TRUE(ring.write_value(value));
  }
  std::optional<RingBuffer> elsewhere;
  const auto count = ring.reader().consume([&](RingRecord record) {
    if (number_in(record) == 1) {
      elsewhere = std::move(ring.reader());
    }
    if (number_in(record) == 3) {
      elsewhere.reset();
    }
    EXPECT_EQ(unmapped(kernel), 0U);
  });
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 5U);
  EXPECT_EQ(unmapped(kernel), 2U);
}

}  // namespace
}  // namespace skep

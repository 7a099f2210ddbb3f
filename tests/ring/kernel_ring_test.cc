// Rings of a real kernel: what its programs send by test runs is read whole, by several threads at once, for as long as SKEP_SOAK_SECONDS says.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "skep/object.h"
#include "skep/perf_buffer.h"
#include "skep/ring.h"
#include "skep/user_ring.h"
#include "support/descriptors.h"
#include "support/permitted.h"
#include "support/release.h"

namespace skep {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr u32 most_per_run = 64;

struct Event {
  u64 number;
  std::array<u64, 5> body;
};

/// Checks records against what they say of themselves.
struct Seen {
  u64 records = 0;
  u64 skipped = 0;  // numbers that did not come: lost, or discarded
  u64 torn = 0;
  u64 next = 0;

  void take(std::span<const std::byte> bytes) {
    Event it{};
    if (bytes.size() < sizeof it) {
      ++torn;
      return;
    }
    std::memcpy(&it, bytes.data(), sizeof it);
    bool whole = it.number >= next;
    for (std::size_t i = 0; i < it.body.size(); ++i) {
      whole = whole && it.body.at(i) == it.number * (i + 1);
    }
    torn += whole ? 0U : 1U;
    skipped += it.number - next;
    next = it.number + 1;
    ++records;
  }
};

class KernelRing : public testing::Test {
 protected:
  void load(const std::string& name) {
    auto loaded = Object::load_file(SKEP_BUILD_DIR "/tests/fixtures/ring/" + name + ".bpf.o");
    if (!loaded) {
      error_ = std::move(loaded).error();
      return;
    }
    object_.emplace(*std::move(loaded));
  }

  u64 number(std::string_view variable) {
    auto found = object_->variable(variable);
    auto typed = found->as<u64>();
    return typed->load().value();
  }
  void set_count(u32 count) { ASSERT_TRUE(object_->variable("count")->as<u32>()->store(count)); }
  void run(std::string_view program) {
    const auto ran = object_->program(program)->test_run({});
    ASSERT_TRUE(ran) << ran.error().message();
  }

  std::optional<Object> object_;
  std::optional<Error> error_;
};

bool wants_jit(const Error& error) {
  return error.message().find("callbacks are not allowed in non-JITed programs") != std::string_view::npos;
}

#define LOAD_OR_LEAVE(name)                                                                                  \
  do {                                                                                                       \
    load(name);                                                                                              \
    if (error_) {                                                                                            \
      SKEP_SKIP_UNLESS_PERMITTED(*error_);                                                                   \
      if (wants_jit(*error_)) {                                                                              \
        GTEST_SKIP() << "this kernel does not compile BPF programs, and takes callbacks only where it does"; \
      }                                                                                                      \
      FAIL() << error_->message();                                                                           \
    }                                                                                                        \
  } while (false)

TEST_F(KernelRing, GivesWhatProgramsSend) {
  SKEP_SKIP_BEFORE(5, 10, "raw tracepoint programs cannot be test-run");
  LOAD_OR_LEAVE("events");
  auto ring = RingBuffer::open(*object_->map("left"));
  ASSERT_TRUE(ring) << ring.error().message();
  EXPECT_FALSE(ring->wait(milliseconds(0)).value());
  set_count(most_per_run);
  run("send_left");
  run("send_left");
  EXPECT_TRUE(ring->wait(milliseconds(1000)).value());
  Seen seen;
  ASSERT_TRUE(ring->consume([&](RingRecord record) { seen.take(record); }));
  EXPECT_EQ(seen.records, 2 * most_per_run - 1) << "number 96 is discarded";
  EXPECT_EQ(seen.torn, 0U);
  EXPECT_EQ(ring->statistics().discarded, 1U);
  EXPECT_EQ(ring->waiting_bytes(), 0U);
}

TEST_F(KernelRing, AFullRingLosesAndTheProgramKnows) {
  SKEP_SKIP_BEFORE(5, 10, "raw tracepoint programs cannot be test-run");
  LOAD_OR_LEAVE("events");
  auto ring = RingBuffer::open(*object_->map("right"));
  ASSERT_TRUE(ring) << ring.error().message();
  set_count(most_per_run);
  Seen seen;
  for (u32 round = 0; round < 100; ++round) {
    run("send_right");
    run("send_right");
    if (round % 3 == 0) {
      auto batch = ring->lease();
      ASSERT_TRUE(batch);
      for (const RingRecord record : *batch) {
        seen.take(record);
      }
    }
  }
  ASSERT_TRUE(ring->consume([&](RingRecord record) { seen.take(record); }));
  EXPECT_GT(number("right_lost"), 0U);
  EXPECT_EQ(seen.records + number("right_lost"), number("right_number"));
  EXPECT_EQ(seen.torn, 0U);
}

TEST_F(KernelRing, UserRecordsReachThePrograms) {
  SKEP_SKIP_BEFORE(6, 1, "there are no user ring buffers");
  LOAD_OR_LEAVE("commands");
  auto ring = UserRingBuffer::open(*object_->map("commands"));
  ASSERT_TRUE(ring) << ring.error().message();
  u64 sum = 0;
  for (u64 value = 1; value <= 10; ++value) {
    auto record = ring->reserve(sizeof value);
    ASSERT_TRUE(record);
    std::memcpy(record->bytes().data(), &value, sizeof value);
    if (value % 2 == 0) {
      record->submit();
      sum += value;
    }
  }
  run("drain");
  EXPECT_EQ(number("taken"), 5U);
  EXPECT_EQ(number("sum"), sum);
  EXPECT_EQ(number("unread"), 0U);
  EXPECT_EQ(ring->waiting_bytes(), 0U);
}

TEST_F(KernelRing, AUserRingThatIsFullWaitsForADrain) {
  SKEP_SKIP_BEFORE(6, 1, "there are no user ring buffers");
  LOAD_OR_LEAVE("commands");
  auto ring = UserRingBuffer::open(*object_->map("commands"));
  ASSERT_TRUE(ring) << ring.error().message();
  u32 put = 0;
  for (auto record = ring->reserve(100); record; record = ring->reserve(100), ++put) {
    record->submit();
  }
  EXPECT_GT(put, 30U);
  const auto before = steady_clock::now();
  EXPECT_EQ(ring->reserve(100, milliseconds(20)).error().sys_errno(), ETIMEDOUT);
  EXPECT_GE(steady_clock::now() - before, milliseconds(20));
  std::atomic<bool> waiting = false;
  std::thread drainer([&] {
    while (!waiting) {
      std::this_thread::yield();
    }
    std::this_thread::sleep_for(milliseconds(20));
    run("drain");
  });
  waiting = true;
  EXPECT_TRUE(ring->reserve(100, std::chrono::seconds(30)));
  drainer.join();
}

TEST_F(KernelRing, PerfBuffersGiveWhatProgramsSendAndCountWhatIsLost) {
  SKEP_SKIP_BEFORE(5, 10, "raw tracepoint programs cannot be test-run");
  if (!test::in_guest()) {
    GTEST_SKIP() << "perf events of whole processors are opened in guests only";
  }
  LOAD_OR_LEAVE("events");
  auto buffer = PerfBuffer::open(*object_->map("perf"), {.pages_per_cpu = 1});
  ASSERT_TRUE(buffer) << buffer.error().message();
  set_count(10);
  run("send_perf");
  EXPECT_TRUE(buffer->wait(milliseconds(1000)).value());
  std::vector<Seen> seen(1024);
  const auto take = [&](const PerfRecord& record) { seen.at(record.cpu).take(record.bytes); };
  ASSERT_TRUE(buffer->consume(take));
  EXPECT_EQ(buffer->statistics().records, 10U);
  set_count(most_per_run);
  for (u32 round = 0; round < 20; ++round) {
    for (u32 i = 0; i < 4; ++i) {
      run("send_perf");
    }
    ASSERT_TRUE(buffer->consume(take));
  }
  const bool counts_at_once = !test::is_before(6, 0);
  if (counts_at_once) {
    for (u32 i = 0; i < 20; ++i) {
      run("send_perf");  // and nothing after it that there is room for
    }
    ASSERT_TRUE(buffer->consume(take));
  }
  // Before, the kernel tells of lost records with the next one that it has room for: on each processor that lost some.
  for (u32 i = 0; !counts_at_once && i < 200 &&
                  buffer->statistics().records + buffer->statistics().lost < number("perf_number");
       ++i) {
    set_count(1);
    run("send_perf");
    ASSERT_TRUE(buffer->consume(take));
  }
  const PerfStatistics known = buffer->statistics();
  EXPECT_GT(known.lost, 0U);
  EXPECT_EQ(known.records + known.lost, number("perf_number"));
  for (const Seen& one : seen) {
    EXPECT_EQ(one.torn, 0U);
  }
}

/// Reads one ring until `stop`, now by callback, now by batch, and waits when there is nothing.
void read_until(RingBuffer& ring, const std::atomic<bool>& stop, Seen& seen) {
  for (u64 round = 0;; ++round) {
    const bool last = stop;
    if (round % 2 == 0) {
      EXPECT_TRUE(ring.consume([&](RingRecord record) { seen.take(record); }));
    } else {
      auto batch = ring.lease();
      ASSERT_TRUE(batch);
      for (const RingRecord record : *batch) {
        seen.take(record);
      }
      EXPECT_TRUE(batch->release());
    }
    if (last && !ring.has_waiting()) {
      return;
    }
    if (!last) {
      EXPECT_TRUE(ring.wait(milliseconds(100)));
    }
  }
}

TEST_F(KernelRing, TwoReadersAndAProducerAtFullRateLoseAndTearNothingUncounted) {
  SKEP_SKIP_BEFORE(5, 10, "raw tracepoint programs cannot be test-run");
  const std::size_t descriptors = test::open_descriptors();
  const char* const wanted = std::getenv("SKEP_SOAK_SECONDS");
  const long length = wanted != nullptr ? std::max(1L, std::strtol(wanted, nullptr, 10)) : 2;
  LOAD_OR_LEAVE("events");
  {
    auto left = RingBuffer::open(*object_->map("left"));
    auto right = RingBuffer::open(*object_->map("right"));
    ASSERT_TRUE(left && right);
    set_count(most_per_run);
    Seen left_seen, right_seen;
    std::atomic<bool> stop = false;
    std::thread left_reader([&] { read_until(*left, stop, left_seen); });
    std::thread right_reader([&] { read_until(*right, stop, right_seen); });
    const auto end = steady_clock::now() + std::chrono::seconds(length);
    while (steady_clock::now() < end && !HasFailure()) {
      run("send_left");
      run("send_right");
    }
    stop = true;
    left_reader.join();
    right_reader.join();
    EXPECT_EQ(left_seen.torn, 0U);
    EXPECT_EQ(right_seen.torn, 0U);
    EXPECT_EQ(left->statistics().records, left_seen.records);
    EXPECT_EQ(left->statistics().discarded, number("left_discarded"));
    EXPECT_EQ(left_seen.records + number("left_lost") + number("left_discarded"), number("left_number"));
    EXPECT_EQ(right_seen.records + number("right_lost"), number("right_number"));
    std::printf("%ld s: left %llu read, %llu lost; right %llu read, %llu lost\n", length,
                static_cast<unsigned long long>(left_seen.records),
                static_cast<unsigned long long>(number("left_lost")),
                static_cast<unsigned long long>(right_seen.records),
                static_cast<unsigned long long>(number("right_lost")));
  }
  object_.reset();
  EXPECT_EQ(test::open_descriptors(), descriptors);
}

}  // namespace
}  // namespace skep

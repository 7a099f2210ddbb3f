#include "skep/perf_buffer.h"

#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "kernel/fake_kernel.h"
#include "kernel/map.h"
#include "support/descriptors.h"

namespace skep {
namespace {

using kernel::CallKind;
using kernel::FakeCall;
using kernel::FakeKernel;

constexpr std::size_t page_bytes = 4096;
constexpr u32 pages = 2;
constexpr std::size_t data_bytes = pages * page_bytes;

struct Header {
  u32 type;
  u16 misc;
  u16 bytes;
};

/// The kernel's side of the perf rings: memory for each event that is opened, in the order of opening.
class FakePerf {
 public:
  FakePerf() {
    kernel.files["/sys/devices/system/cpu/online"] = "0,2-3\n";
    kernel.on_call = [this](FakeCall& call) -> std::optional<s64> {
      if (call.kind == CallKind::perf_event_open && is_old && asks_for_losses(call)) {
        return -EINVAL;
      }
      if (call.kind == CallKind::read_file && lost_by_event.contains(call.fd)) {
        const u64 reading[2] = {0, lost_by_event[call.fd]};
        const auto bytes = std::as_bytes(std::span(reading));
        call.data.assign(bytes.begin(), bytes.end());
        return static_cast<s64>(bytes.size());
      }
      if (call.kind != CallKind::map_memory || call.memory.fd < 0) {
        return std::nullopt;
      }
      void* const at =
          ::mmap(nullptr, call.memory.bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      rings.push_back(static_cast<std::byte*>(at));
      return static_cast<s64>(reinterpret_cast<std::uintptr_t>(at));
    };
  }

  Map make_map(u32 entries = 4) {
    auto fd = kernel::map_create(kernel, {.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
                                          .key_bytes = 4,
                                          .value_bytes = 4,
                                          .max_entries = entries,
                                          .name = "events"});
    EXPECT_TRUE(fd);
    return Map(kernel, *std::move(fd),
               {.name = "events",
                .type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
                .key_bytes = 4,
                .value_bytes = 4,
                .max_entries = entries});
  }

  static bool asks_for_losses(const FakeCall& opened) {
    perf_event_attr attr;
    std::memset(&attr, 0, sizeof attr);
    std::memcpy(&attr, opened.data.data(), std::min(sizeof attr, opened.data.size()));
    return attr.read_format == PERF_FORMAT_LOST;
  }

  u64* head(std::size_t ring) const {
    return reinterpret_cast<u64*>(rings[ring] + offsetof(perf_event_mmap_page, data_head));
  }
  u64* tail(std::size_t ring) const {
    return reinterpret_cast<u64*>(rings[ring] + offsetof(perf_event_mmap_page, data_tail));
  }

  /// Writes an event, across the end if need be; false when there is no room.
  bool write(std::size_t ring, u32 type, std::span<const std::byte> body) {
    const u64 at = __atomic_load_n(head(ring), __ATOMIC_RELAXED);
    std::vector<std::byte> whole(sizeof(Header) + (body.size() + 7) / 8 * 8);
    if (at + whole.size() - __atomic_load_n(tail(ring), __ATOMIC_ACQUIRE) > data_bytes) {
      return false;
    }
    const Header header{.type = type, .misc = 7, .bytes = static_cast<u16>(whole.size())};
    std::memcpy(whole.data(), &header, sizeof header);
    if (!body.empty()) {
      std::memcpy(whole.data() + sizeof header, body.data(), body.size());
    }
    for (std::size_t i = 0; i < whole.size(); ++i) {
      rings[ring][page_bytes + (at + i) % data_bytes] = whole[i];
    }
    __atomic_store_n(head(ring), at + whole.size(), __ATOMIC_RELEASE);
    return true;
  }
  bool sample(std::size_t ring, u64 value, u32 bytes = 12) {
    std::vector<std::byte> body(4 + bytes);
    std::memcpy(body.data(), &bytes, 4);
    std::memcpy(body.data() + 4, &value, sizeof value);
    return write(ring, PERF_RECORD_SAMPLE, body);
  }
  void lost(std::size_t ring, u64 count) {
    const u64 body[2] = {1, count};
    write(ring, PERF_RECORD_LOST, std::as_bytes(std::span(body)));
  }

  FakeKernel kernel;
  std::deque<std::byte*> rings;
  bool is_old = false;               // before Linux 6.0: events do not tell what they lost
  std::map<int, u64> lost_by_event;  // by descriptor
};

u64 first(std::span<const std::byte> bytes) {
  u64 value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

PerfBuffer open_buffer(const Map& map) {
  auto buffer = PerfBuffer::open(map, {.pages_per_cpu = pages});
  EXPECT_TRUE(buffer) << buffer.error().message();
  return *std::move(buffer);
}

TEST(PerfBuffer, HasAnEventPerOnlineProcessorThatTheMapHasAPlaceFor) {
  FakePerf fake;
  const Map map = fake.make_map(3);
  PerfBuffer buffer = open_buffer(map);
  ASSERT_EQ(buffer.readers().size(), 2U) << "0 and 2 of 0, 2, 3";
  EXPECT_EQ(buffer.readers()[1].cpu(), 2U);
  std::vector<FakeCall> opened;
  for (const FakeCall& call : fake.kernel.calls()) {
    if (call.kind == CallKind::perf_event_open) {
      opened.push_back(call);
    }
  }
  ASSERT_EQ(opened.size(), 2U);
  EXPECT_EQ(opened[1].place.cpu, 2);
  EXPECT_EQ(opened[1].place.pid, -1);
  perf_event_attr attr;
  std::memset(&attr, 0, sizeof attr);
  std::memcpy(&attr, opened[0].data.data(), std::min(sizeof attr, opened[0].data.size()));
  EXPECT_EQ(attr.type, u32{PERF_TYPE_SOFTWARE});
  EXPECT_EQ(attr.config, u64{PERF_COUNT_SW_BPF_OUTPUT});
  EXPECT_EQ(attr.sample_type, u64{PERF_SAMPLE_RAW});
  EXPECT_EQ(attr.wakeup_events, 1U);
  const auto updates = fake.kernel.calls(BPF_MAP_UPDATE_ELEM);
  ASSERT_EQ(updates.size(), 2U);
  u32 key = 0;
  u32 value = 0;
  std::memcpy(&key, updates[1].key.data(), 4);
  std::memcpy(&value, updates[1].value.data(), 4);
  EXPECT_EQ(key, 2U);
  EXPECT_EQ(static_cast<int>(value), buffer.readers()[1].descriptor());
}

TEST(PerfBuffer, WhoeverGoesTakesTheEventsOutOfTheMap) {
  FakePerf fake;
  const Map map = fake.make_map();
  {
    PerfBuffer buffer = open_buffer(map);
    const PerfBuffer moved = std::move(buffer);
    EXPECT_TRUE(fake.kernel.calls(BPF_MAP_DELETE_ELEM).empty());
  }
  const auto taken_out = fake.kernel.calls(BPF_MAP_DELETE_ELEM);
  ASSERT_EQ(taken_out.size(), 3U);
  std::vector<u32> cpus(3);
  for (std::size_t i = 0; i < cpus.size(); ++i) {
    std::memcpy(&cpus[i], taken_out[i].key.data(), 4);
  }
  std::ranges::sort(cpus);
  EXPECT_EQ(cpus, (std::vector<u32>{0, 2, 3}));
  fake.kernel.fail_kind(CallKind::perf_event_open, 1, EACCES);
  EXPECT_FALSE(PerfBuffer::open(map, {.pages_per_cpu = pages}));
  EXPECT_EQ(fake.kernel.calls(BPF_MAP_DELETE_ELEM).size(), 4U) << "that of the one that was opened";
}

TEST(PerfBuffer, ASecondOneOfAMapIsRefusedWhileTheFirstIsThere) {
  FakePerf fake;
  const Map map = fake.make_map();
  const Map other = fake.make_map();
  {
    const auto first = PerfBuffer::open(map, {.pages_per_cpu = pages, .cpus = {0, 2}});
    ASSERT_TRUE(first) << first.error().message();
    const std::size_t updates = fake.kernel.calls(BPF_MAP_UPDATE_ELEM).size();
    const auto second = PerfBuffer::open(map, {.pages_per_cpu = pages, .cpus = {3, 2}});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), Errc::busy);
    EXPECT_NE(second.error().message().find("processor 2: another PerfBuffer of this map"), std::string::npos)
        << second.error().message();
    EXPECT_EQ(fake.kernel.calls(BPF_MAP_UPDATE_ELEM).size(), updates + 1)
        << "that of processor 3, which is undone";
    EXPECT_EQ(fake.kernel.calls(BPF_MAP_DELETE_ELEM).size(), 1);
    EXPECT_TRUE(PerfBuffer::open(map, {.pages_per_cpu = pages, .cpus = {3}})) << "another processor";
    EXPECT_TRUE(PerfBuffer::open(other, {.pages_per_cpu = pages})) << "another map";
  }
  EXPECT_TRUE(PerfBuffer::open(map, {.pages_per_cpu = pages})) << "the first one is gone";
}

TEST(PerfBuffer, RecordsComeWithTheirProcessorAndLostOnesAreCounted) {
  FakePerf fake;
  const Map map = fake.make_map();
  PerfBuffer buffer = open_buffer(map);
  ASSERT_TRUE(fake.sample(0, 100));
  ASSERT_TRUE(fake.sample(2, 300));
  fake.lost(2, 7);
  ASSERT_TRUE(fake.write(2, PERF_RECORD_THROTTLE, {}));
  ASSERT_TRUE(fake.sample(2, 301));
  std::map<u32, std::vector<u64>> seen;
  const auto count = buffer.consume([&](const PerfRecord& record) {
    EXPECT_EQ(record.bytes.size(), 12U);
    seen[record.cpu].push_back(first(record.bytes));
  });
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 3U);
  EXPECT_EQ(seen, (std::map<u32, std::vector<u64>>{{0, {100}}, {3, {300, 301}}}));
  EXPECT_EQ(buffer.statistics().lost, 7U);
  EXPECT_EQ(buffer.statistics().records, 3U);
  EXPECT_EQ(buffer.statistics().record_bytes, 36U);
  EXPECT_EQ(buffer.statistics().waiting_bytes, 0U);
  EXPECT_EQ(buffer.statistics().size_bytes, 3 * data_bytes);
  EXPECT_EQ(buffer.readers()[2].statistics().lost, 7U);
}

TEST(PerfBuffer, WhatWasLostIsCountedBeforeTheKernelHasToldIt) {
  FakePerf fake;
  const Map map = fake.make_map();
  PerfBuffer buffer = open_buffer(map);
  for (PerfReader& reader : buffer.readers()) {
    fake.lost_by_event[reader.descriptor()] = 10 + reader.cpu();
  }
  EXPECT_EQ(buffer.statistics().lost, 10U + 12 + 13);
  EXPECT_EQ(buffer.readers()[1].statistics().lost, 12U);
  fake.lost(1, 5);
  ASSERT_TRUE(buffer.consume([](const PerfRecord&) {}));
  EXPECT_EQ(buffer.statistics().lost, 10U + 12 + 13) << "those told of are among them";
  fake.lost_by_event.clear();
  EXPECT_EQ(buffer.statistics().lost, 5U) << "where it cannot be read, what was told";
}

TEST(PerfBuffer, OfKernelsWhoseEventsDoNotTellLossesThoseToldAreCounted) {
  FakePerf fake;
  fake.is_old = true;
  const Map map = fake.make_map();
  PerfBuffer buffer = open_buffer(map);
  ASSERT_EQ(buffer.readers().size(), 3U);
  fake.lost_by_event[buffer.readers()[0].descriptor()] = 100;  // not asked
  fake.lost(0, 7);
  ASSERT_TRUE(buffer.consume([](const PerfRecord&) {}));
  EXPECT_EQ(buffer.statistics().lost, 7U);
}

TEST(PerfBuffer, AVisitorCannotReadTheRingItIsIn) {
  FakePerf fake;
  const Map map = fake.make_map();
  PerfBuffer buffer = open_buffer(map);
  ASSERT_TRUE(fake.sample(0, 1));
  ASSERT_TRUE(fake.sample(0, 2));
  ASSERT_TRUE(fake.sample(1, 3));
  EXPECT_EQ(buffer.waiting_bytes(), 3U * 24);
  u32 seen = 0;
  ASSERT_TRUE(buffer.readers()[0].consume([&](const PerfRecord&) {
    ++seen;
    const auto again = buffer.readers()[0].consume([](const PerfRecord&) { FAIL() << "it is being read"; });
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code(), Errc::busy);
    EXPECT_EQ(buffer.readers()[1].consume([](const PerfRecord&) {}).value(), seen == 1 ? 1U : 0U)
        << "another's";
  }));
  EXPECT_EQ(seen, 2U);
  EXPECT_EQ(buffer.waiting_bytes(), 0U);
  ASSERT_TRUE(fake.sample(0, 4));
  EXPECT_EQ(buffer.consume([](const PerfRecord&) {}).value(), 1U);
}

TEST(PerfBuffer, RawModeShowsEverythingAsItStandsThere) {
  FakePerf fake;
  const Map map = fake.make_map();
  perf_event_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.size = sizeof attr;
  attr.type = PERF_TYPE_HARDWARE;
  auto buffer = PerfBuffer::open(map, {.pages_per_cpu = pages, .cpus = {5}, .attributes = &attr});
  ASSERT_TRUE(buffer) << buffer.error().message();
  fake.lost(0, 3);
  ASSERT_TRUE(fake.sample(0, 9));
  std::vector<u32> types;
  ASSERT_TRUE(buffer->consume_raw([&](const PerfEvent& event) {
    EXPECT_EQ(event.cpu, 5U);
    EXPECT_EQ(event.misc, 7U);
    EXPECT_EQ(event.bytes.size() % 8, 0U);
    types.push_back(event.type);
  }));
  EXPECT_EQ(types, (std::vector<u32>{PERF_RECORD_LOST, PERF_RECORD_SAMPLE}));
}

TEST(PerfBuffer, RecordsAcrossTheEndComeWhole) {
  FakePerf fake;
  const Map map = fake.make_map();
  PerfBuffer buffer = open_buffer(map);
  for (u64 value = 0; value < 500; ++value) {
    ASSERT_TRUE(fake.sample(0, value * 3, 132));
    u64 got = 0;
    ASSERT_TRUE(buffer.consume([&](const PerfRecord& record) {
      EXPECT_EQ(record.bytes.size(), 132U);
      got = first(record.bytes);
    }));
    ASSERT_EQ(got, value * 3);
  }
  EXPECT_GT(*fake.head(0), 3 * data_bytes);
  EXPECT_EQ(*fake.tail(0), *fake.head(0));
}

TEST(PerfBuffer, NoLengthLeadsOutOfTheRing) {
  struct Case {
    std::string_view what;
    u32 type;
    u16 event_bytes;
    u32 raw_bytes;
  };
  for (const Case& one :
       {Case{"empty event", PERF_RECORD_SAMPLE, 0, 0}, Case{"half a header", PERF_RECORD_SAMPLE, 4, 0},
        Case{"longer than what was written", PERF_RECORD_SAMPLE, 4096, 0},
        Case{"no multiple of 8", PERF_RECORD_SAMPLE, 12, 0},
        Case{"no room for a size", PERF_RECORD_SAMPLE, 8, 0},
        Case{"a record longer than its event", PERF_RECORD_SAMPLE, 24, 13},
        Case{"a huge record", PERF_RECORD_SAMPLE, 24, 0xffffffff},
        Case{"a short notice of loss", PERF_RECORD_LOST, 16, 0}}) {
    FakePerf fake;
    const Map map = fake.make_map();
    PerfBuffer buffer = open_buffer(map);
    ASSERT_TRUE(fake.sample(0, 1));
    ASSERT_TRUE(fake.sample(0, 2));
    const Header header{.type = one.type, .misc = 0, .bytes = one.event_bytes};
    std::memcpy(fake.rings[0] + page_bytes + 24, &header, sizeof header);
    std::memcpy(fake.rings[0] + page_bytes + 32, &one.raw_bytes, 4);
    u32 seen = 0;
    const auto count = buffer.consume([&](const PerfRecord&) { ++seen; });
    ASSERT_FALSE(count) << one.what;
    EXPECT_EQ(count.error().code(), Errc::malformed) << one.what;
    EXPECT_EQ(seen, 1U) << one.what;
  }
}

TEST(PerfBuffer, PositionsThatCannotBeAreRefused) {
  FakePerf fake;
  const Map map = fake.make_map();
  PerfBuffer buffer = open_buffer(map);
  *fake.head(0) = data_bytes + 8;
  EXPECT_EQ(buffer.consume([](const PerfRecord&) {}).error().code(), Errc::malformed);
  *fake.tail(0) = 12;
  *fake.head(0) = 16;
  EXPECT_EQ(buffer.consume([](const PerfRecord&) {}).error().code(), Errc::malformed);
}

TEST(PerfBuffer, BadOptionsAndMapsAreRefused) {
  FakePerf fake;
  const Map map = fake.make_map();
  for (const u32 bad : {u32{0}, u32{3}, ~u32{0}, u32{1} << 21}) {
    const auto buffer = PerfBuffer::open(map, {.pages_per_cpu = bad});
    ASSERT_FALSE(buffer) << bad;
    EXPECT_EQ(buffer.error().code(), Errc::invalid);
  }
  const Map hash(fake.kernel, Fd(), {.name = "hits", .type = BPF_MAP_TYPE_HASH});
  EXPECT_EQ(PerfBuffer::open(hash).error().code(), Errc::invalid);
  for (const std::string_view bad : {"x", "3-1", "0-", "99999999", "0,,1"}) {
    fake.kernel.files["/sys/devices/system/cpu/online"] = bad;
    EXPECT_EQ(PerfBuffer::open(map).error().code(), Errc::malformed) << bad;
  }
}

TEST(PerfBuffer, AProcessorThatWentOfflineIsLeftOut) {
  FakePerf fake;
  const Map map = fake.make_map();
  fake.kernel.fail_kind(CallKind::perf_event_open, 1, ENODEV);
  PerfBuffer buffer = open_buffer(map);
  EXPECT_EQ(buffer.readers().size(), 2U);
  fake.kernel.fail_kind(CallKind::perf_event_open, 0, ENODEV);
  EXPECT_FALSE(PerfBuffer::open(map, {.cpus = {1}})) << "this one was asked for";
}

TEST(PerfBuffer, WhateverFailsWhileOpeningNothingIsLeft) {
  FakePerf fake;
  const Map map = fake.make_map();
  const std::size_t before = test::open_descriptors();
  u32 failures = 0;
  for (u32 nth = 0;; ++nth) {
    fake.kernel.fail_call(nth, EACCES);
    const std::size_t calls_before = fake.kernel.calls().size();
    const auto buffer = PerfBuffer::open(map, {.pages_per_cpu = pages});
    if (buffer) {
      EXPECT_LE(fake.kernel.calls().size() - calls_before, nth);
      break;
    }
    ++failures;
    EXPECT_EQ(buffer.error().code(), Errc::denied) << buffer.error().message();
    EXPECT_EQ(test::open_descriptors(), before) << nth;
  }
  EXPECT_EQ(failures, 3U + 1 + 3 * 5) << "open, read, read; epoll; five calls for each of three processors";
}

TEST(PerfThreads, TwoThreadsReadTwoProcessors) {
  FakePerf fake;
  const Map map = fake.make_map();
  PerfBuffer buffer = open_buffer(map);
  constexpr u64 count = 20'000;
  std::vector<std::thread> threads;
  std::array<u64, 2> sums{};
  for (std::size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      for (u64 value = 0; value < count;) {
        if (fake.sample(i, value)) {
          ++value;
        } else {
          std::this_thread::yield();
        }
      }
    });
    threads.emplace_back([&, i] {
      PerfReader& reader = buffer.readers()[i];
      for (u64 next = 0; next < count;) {
        EXPECT_TRUE(reader.consume([&](const PerfRecord& record) {
          EXPECT_EQ(first(record.bytes), next);
          ++next;
          ++sums[i];
        }));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(sums[0], count);
  EXPECT_EQ(sums[1], count);
}

}  // namespace
}  // namespace skep

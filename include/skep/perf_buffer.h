// Perf buffers: records that programs send by bpf_perf_event_output() through a map of perf events (BPF_MAP_TYPE_PERF_EVENT_ARRAY), one ring per processor. The way
// before ring buffers, and the only one before Linux 5.8. Since Linux 4.3.
// Thread-safety: one thread at a time reads a processor's ring; those of distinct processors may be read from distinct threads (PerfBuffer::readers()).
// statistics() may be called from any thread.
#pragma once

#include <atomic>
#include <concepts>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "skep/event_loop.h"
#include "skep/map.h"
#include "skep/ring_memory.h"

struct perf_event_attr;  // <linux/perf_event.h>

namespace skep {

/// One record of a program. Valid until the callback returns.
struct PerfRecord {
  u32 cpu = 0;
  std::span<const std::byte>
      bytes;  ///< as sent, and up to 7 bytes of nothing behind it: the kernel rounds the size up
};

/// Anything that stands in a processor's ring, as the kernel wrote it: raw mode. Valid until the callback returns.
struct PerfEvent {
  u32 cpu = 0;
  u32 type = 0;                      ///< PERF_RECORD_*
  u16 misc = 0;                      ///< PERF_RECORD_MISC_*
  std::span<const std::byte> bytes;  ///< all of it, with its struct perf_event_header
};

/// What is known of one processor's ring, or of all.
struct PerfStatistics {
  u64 records = 0;       ///< handed out
  u64 record_bytes = 0;  ///< theirs
  /// That the kernel had no room for. Since Linux 6.0 that is its count of this moment; before, what it has told so far, which it does with the next record that
  /// it has room for.
  u64 lost = 0;
  u64 waiting_bytes = 0;
  u64 size_bytes = 0;
};

/// How to open a perf buffer.
struct PerfOptions {
  u32 pages_per_cpu = 64;  ///< of each ring: a power of two
  u32 wakeup_records = 1;  ///< the reader is woken when so many have come
  std::vector<u32> cpus;   ///< which processors; none: all that are online
  std::string root;        ///< sysfs is under it, for tests; empty: this machine's
  const ::perf_event_attr* attributes =
      nullptr;  ///< raw mode: the events as they shall be opened, instead of BPF output with raw samples. Losses are counted where read_format is PERF_FORMAT_LOST
};

/// One processor's ring. Made by PerfBuffer.
class PerfReader {
 public:
  PerfReader(PerfReader&&) noexcept = default;
  PerfReader& operator=(PerfReader&&) noexcept = default;

  u32 cpu() const { return cpu_; }
  /// The perf event; readable when wakeup_records records have come since it was last told.
  int descriptor() const { return event_.raw(); }
  /// Asks the kernel for its count, on the processor itself: not for every record.
  PerfStatistics statistics() const;
  /// Bytes in the ring, from any thread: a look at memory.
  u64 waiting_bytes() const;

  /// Calls `visit` with each record's PerfRecord. How many there were. What is no record of a program is left out, and the kernel's word on lost ones counted
  /// in statistics(). Only a record that goes across the end of the ring is copied. Errors: malformed, busy (called from its own visitor).
  template <std::invocable<const PerfRecord&> Visit>
  Result<u64> consume(Visit&& visit);
  /// Raw mode: calls `visit` with everything that stands in the ring. Errors: malformed, busy (called from its own visitor).
  template <std::invocable<const PerfEvent&> Visit>
  Result<u64> consume_raw(Visit&& visit);

 private:
  friend class PerfBuffer;
  struct Counters {
    std::atomic<u64> records = 0;
    std::atomic<u64> record_bytes = 0;
    std::atomic<u64> lost = 0;
    std::atomic<bool> reading =
        false;  // a visitor has records: reading them again would move the reader's position back
  };
  /// A walk over what stands between two positions.
  struct Walk {
    u64 position = 0;
    u64 limit = 0;
  };
  /// The element of the map that holds the event. Emptied with the reader: the map would keep the event, and programs would go on filling a ring that nobody reads.
  struct Place {
    kernel::Kernel* kernel = nullptr;
    int map_fd = -1;
    u32 cpu = 0;
    bool holds_event = false;
  };
  struct Leave {
    void operator()(Place* place) const;
  };
  PerfReader() = default;

  /// Errors: malformed (the positions contradict each other), busy.
  Result<Walk> begin() const;
  /// The next event, or false at the end. Errors: malformed (a length that cannot be).
  Result<bool> next(Walk& walk, PerfEvent& event);
  /// True, and the record, when the event is one of a program's; what else it is, is counted.
  Result<bool> record_of(const PerfEvent& event, PerfRecord& record);
  void release(const Walk& walk);
  u64 lost() const;
  u64* head() const;
  u64* tail() const;

  u32 cpu_ = 0;
  kernel::Kernel* kernel_ = nullptr;
  bool tells_lost_ = false;  // when the event is read
  Fd event_;
  RingMemory memory_;  // a page for positions, then the data
  std::size_t data_bytes_ = 0;
  std::size_t page_bytes_ = 0;
  std::vector<std::byte> across_;  // a record that goes across the end
  std::unique_ptr<Counters> counters_;
  std::unique_ptr<Place, Leave> place_;
};

/// The rings of all processors. Move-only; destroying it takes the perf events out of the map and closes them, and what programs send from then on is lost to
/// them (ENOENT). The Map must outlive it. A map has one place per processor: open() refuses a second buffer on a Map's places while the first one has them. One that is opened elsewhere (by another
/// process, or through another Map of the same pin) cannot be seen: the kernel lets it take the places over, and whichever goes first empties them.
class PerfBuffer {
 public:
  /// Opens a perf event per processor, maps its ring and puts it into `map`. A processor that goes offline meanwhile is left out. Errors: invalid (another
  /// kind of map; pages that are no power of two), busy (a PerfBuffer of this Map has that processor's place), denied (CAP_PERFMON; perf_event_mlock_kb), kernel.
  static Result<PerfBuffer> open(const Map& map, const PerfOptions& options = {});
  PerfBuffer(PerfBuffer&&) noexcept = default;
  PerfBuffer& operator=(PerfBuffer&&) noexcept = default;

  /// The map's name.
  const std::string& name() const { return name_; }
  /// Readable when any processor's ring is: an epoll descriptor.
  int descriptor() const { return poller_.descriptor(); }
  std::span<PerfReader> readers() { return readers_; }
  /// The sum over all processors, each of which is asked.
  PerfStatistics statistics() const;
  /// Bytes in all rings, from any thread: a look at memory.
  u64 waiting_bytes() const;

  /// Waits until a ring is readable; false: the time is over, or a signal came. Errors: kernel.
  Result<bool> wait(Timeout timeout = std::nullopt);
  /// PerfReader::consume() for each processor in turn. How many records there were in all.
  template <std::invocable<const PerfRecord&> Visit>
  Result<u64> consume(Visit&& visit) {
    return for_each([&](PerfReader& reader) { return reader.consume(visit); });
  }
  /// PerfReader::consume_raw() for each processor in turn.
  template <std::invocable<const PerfEvent&> Visit>
  Result<u64> consume_raw(Visit&& visit) {
    return for_each([&](PerfReader& reader) { return reader.consume_raw(visit); });
  }

 private:
  explicit PerfBuffer(Poller poller) : poller_(std::move(poller)) {}
  Result<void> add(const Map& map, const PerfOptions& options, u32 cpu);

  template <class Consume>
  Result<u64> for_each(const Consume& consume) {
    u64 sum = 0;
    for (PerfReader& reader : readers_) {
      Result<u64> count = consume(reader);
      if (!count) {
        return count;
      }
      sum += *count;
    }
    return sum;
  }

  std::string name_;
  Poller poller_;
  std::vector<PerfReader> readers_;
};

template <std::invocable<const PerfRecord&> Visit>
Result<u64> PerfReader::consume(Visit&& visit) {
  u64 count = 0;
  auto seen = consume_raw([&](const PerfEvent& event) -> Result<void> {
    PerfRecord record;
    Result<bool> is_record = record_of(event, record);
    if (!is_record) {
      return std::unexpected(std::move(is_record).error());
    }
    if (*is_record) {
      ++count;
      visit(record);
    }
    return {};
  });
  if (!seen) {
    return seen;
  }
  return count;
}

template <std::invocable<const PerfEvent&> Visit>
Result<u64> PerfReader::consume_raw(Visit&& visit) {
  Result<Walk> walk = begin();
  if (!walk) {
    return std::unexpected(std::move(walk).error());
  }
  // What was stepped over is released in any case, also when `visit` throws.
  struct Releasing {
    PerfReader* reader;
    const Walk* walk;
    ~Releasing() { reader->release(*walk); }
  } const releasing{this, &*walk};
  u64 count = 0;
  for (;;) {
    PerfEvent event;
    Result<bool> more = next(*walk, event);
    if (!more) {
      return std::unexpected(std::move(more).error());
    }
    if (!*more) {
      return count;
    }
    ++count;
    if constexpr (std::is_same_v<std::invoke_result_t<Visit&, const PerfEvent&>, Result<void>>) {
      if (Result<void> visited = visit(event); !visited) {
        return std::unexpected(std::move(visited).error());
      }
    } else {
      visit(event);
    }
  }
}

}  // namespace skep

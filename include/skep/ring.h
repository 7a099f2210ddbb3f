// Ring buffers (BPF_MAP_TYPE_RINGBUF): records that programs write and this process reads where they lie. Since Linux 5.8.
//
// Thread-safety: one thread at a time reads a ring (lease(), consume()); distinct rings, also those of one object, may be read from distinct threads
// without any lock. statistics() may be called from any thread. docs/ring.md says which memory order each access has, and why.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "skep/event_loop.h"
#include "skep/map.h"
#include "skep/ring_memory.h"

namespace skep {

/// One record: the bytes that the program submitted, in the kernel's memory. They stay what they are until the reader releases them.
using RingRecord = std::span<const std::byte>;

/// What is known of a ring and of its reading.
struct RingStatistics {
  u64 records = 0;             ///< handed out and released
  u64 discarded = 0;           ///< taken back by the program (bpf_ringbuf_discard), and skipped
  u64 bytes = 0;               ///< that all these took in the ring, with headers
  u64 waiting_bytes = 0;       ///< now in the ring, with headers: submitted, or being written
  u64 most_waiting_bytes = 0;  ///< the most that there were when reading began
  u64 size_bytes = 0;          ///< of the ring; a reservation that does not fit fails in the program
};

namespace ring_detail {

/// Steps over the records between two positions. The one loop behind every way to read a ring.
///
/// Where the next header is depends on this one's length: one cache miss would have to wait for the other. But records are mostly as long as the one before; so
/// next() takes that for granted, as often as such records fit before anything else has to be looked at, and only compares the length when it comes.
class Walk {
 public:
  Walk() = default;
  /// From `from` up to `to`, `most` records.
  Walk(const std::byte* data, Position mask, Position from, Position to, u64 most)
      : data_(data), mask_(mask), from_(from), position_(from), limit_(to), pause_(to), most_(most) {}

  /// The next record that was submitted. False at the end, after `most` records, at the pause, before a record that is still being written, and before one
  /// that cannot be. No length is believed: a record ends before the producer's position, which is at most one ring ahead.
  bool next(RingRecord& record) {
    if (run_ != 0) {
      // Acquire: the length is written last (with its busy bit off), so the record is whole when it is read.
      if (load_acquire(reinterpret_cast<const u32*>(at_)) == length_) {
        record = {at_ + header_bytes, length_};
        at_ += step_;
        --run_;
        if (step_ >= cache_line) {
          __builtin_prefetch(at_ + lookahead * step_);
        }
        return true;
      }
    }
    return next_of_any_length(record);
  }

  /// The rest of a run at once: calls `visit` until the run ends or `visit` says false, which it answers. Like next(), but what changes from record to
  /// record is in this function's own variables, for which compilers find registers.
  template <class Visit>
  bool visit_run(Visit& visit) {
    struct Run {
      Walk* walk;
      const std::byte* at;
      u64 left;
      ~Run() {
        walk->at_ = at;
        walk->run_ = left;
      }
    } run{this, at_, run_};
    const u32 length = length_;
    const Position step = step_;
    const Position ahead = step >= cache_line ? lookahead * step : 0;
    while (run.left != 0 && load_acquire(reinterpret_cast<const u32*>(run.at)) == length) {
      const RingRecord record(run.at + header_bytes, length);
      run.at += step;
      --run.left;
      if (ahead != 0) {
        __builtin_prefetch(run.at + ahead);
      }
      if (!visit(record)) {
        return false;
      }
    }
    return true;
  }

  Position from() const { return from_; }
  Position position() const { return position_ + (run_start_ - run_) * step_; }
  Position limit() const { return limit_; }
  u64 records() const { return records_ + (run_start_ - run_); }
  u64 discarded() const { return discarded_; }
  bool malformed() const { return malformed_; }
  bool at_pause() const { return position() != limit_ && position() - from_ >= pause_ - from_; }
  bool at_most() const { return records() == most_; }
  /// More was written since.
  void extend(Position to) { limit_ = to; }
  /// Stops when it has come so far, or at the end if that is nearer.
  void pause_after(Position bytes) {
    settle();
    pause_ = limit_ - position_ > bytes ? position_ + bytes : limit_;
  }

  static constexpr u32 discard_bit = u32{1} << 30;
  static constexpr u32 header_bytes = 8;

 private:
  bool next_of_any_length(RingRecord& record) {
    settle();
    while (position_ != limit_ && !at_pause() && records_ != most_) {
      const std::byte* const header = data_ + (position_ & mask_);
      const u32 length = load_acquire(reinterpret_cast<const u32*>(header));
      if (static_cast<s32>(length) < 0) {  // BPF_RINGBUF_BUSY_BIT
        return false;
      }
      const u32 bytes = length & ~discard_bit;
      const Position step = (Position{bytes} + header_bytes + 7) & ~Position{7};
      if (step > limit_ - position_) {
        malformed_ = true;
        return false;
      }
      position_ += step;
      if (bytes == length) {
        ++records_;
        record = {header + header_bytes, bytes};
        if (bytes == length_) {
          expect_more();
        }
        length_ = bytes;
        step_ = step;
        return true;
      }
      ++discarded_;
    }
    return false;
  }

  /// Puts down what the run came to.
  void settle() {
    position_ = position();
    records_ = records();
    run_ = run_start_ = 0;
  }

  /// Two records were of one length: how many more of it come before the end, the pause, the last of `most`, or the place where the ring begins again.
  void expect_more() {
    const Position offset = position_ & mask_;
    const Position until_pause = pause_ - from_ > position_ - from_ ? pause_ - position_ : 0;
    const Position room = std::min({limit_ - position_, until_pause, mask_ + 1 - offset});
    run_ = run_start_ = std::min<u64>(room / step_, most_ - records_);
    at_ = data_ + offset;
  }

  static constexpr Position cache_line = 64;
  static constexpr Position lookahead = 8;  // records

  const std::byte* at_ = nullptr;  // the next header, in a run
  u64 run_ = 0;                    // records that are taken for as long as the one before
  u64 run_start_ = 0;
  Position step_ = 0;     // of the record before
  u32 length_ = ~u32{0};  // its length
  const std::byte* data_ = nullptr;
  Position mask_ = 0;
  Position from_ = 0;
  Position position_ = 0;  // where the run began
  Position limit_ = 0;
  Position pause_ = 0;
  u64 most_ = 0;
  u64 records_ = 0;  // before the run
  u64 discarded_ = 0;
  bool malformed_ = false;
};

/// A ring as it is mapped, and what its reader has come to. Its address stays what it is: a batch, and a consume() that is under way, know this and not the
/// RingBuffer, which may be moved or destroyed meanwhile.
struct Ring {
  Position* consumer() const { return reinterpret_cast<Position*>(consumer_page.address()); }
  const Position* producer() const { return reinterpret_cast<const Position*>(pages.address()); }

  std::string name;
  RingMemory consumer_page;
  RingMemory pages;  // the producer's page, then the data twice
  const std::byte* data = nullptr;
  Position mask = 0;
  Position stuck_at = 1;  // where a record is that cannot be; none can be at an odd position
  // Records are out: by a batch, or to a visitor. Whoever read them once more would move the reader's position back. Atomic so that two threads that read one
  // ring against the rules are mostly told; never more than a plain load and store.
  std::atomic<bool> lent = false;
  bool ownerless = false;  // the RingBuffer went while records were out: whoever ends that destroys this
  // What may be asked from other threads.
  std::atomic<u64> records = 0;
  std::atomic<u64> bytes = 0;
  std::atomic<u64> discarded = 0;
  std::atomic<u64> most_waiting_bytes = 0;
};

/// Destroys the ring now, or leaves that to who has its records.
struct LeaveRing {
  void operator()(Ring* ring) const;
};

/// Why nothing can be lent.
Error cannot_lend(const Ring& ring, Position from, Position to);
/// Ends what lend() began: nothing is released.
void end_lending(Ring& ring);
/// Releases what the walk stepped over, counts it, and ends what lend() began.
Result<void> finish(Ring& ring, const Walk& walk);
/// Releases what is before `at` and looks again: the position up to which records are now, `at` when there is nothing to read.
Position look_again(Ring& ring, Position at);

/// The records that are there, up to `most` of them, for one reader.
inline Result<Walk> lend(Ring& ring, u64 most) {
  constexpr auto relaxed = std::memory_order_relaxed;
  const Position from = load_acquire(ring.consumer());
  const Position to = load_ordered(ring.producer());
  if (ring.lent.load(relaxed) || to - from > ring.mask + 1 || from % 8 != 0 || from == ring.stuck_at) {
    return std::unexpected(cannot_lend(ring, from, to));
  }
  if (to - from > ring.most_waiting_bytes.load(relaxed)) {
    ring.most_waiting_bytes.store(to - from, relaxed);
  }
  ring.lent.store(true, relaxed);
  return Walk(ring.data, ring.mask, from, to, most);
}

}  // namespace ring_detail

/// Records lent for a while: a range, once over. What has been stepped over is released all at once, when the batch is destroyed or release()d; until then
/// its records stay readable, the program has no use of their place, and nobody else reads the ring. What was not come to stays in the ring for the next batch.
/// The RingBuffer may be moved or destroyed meanwhile: the ring stays mapped until the batch goes.
class RingBatch {
 public:
  RingBatch(RingBatch&& other) noexcept : ring_(std::exchange(other.ring_, nullptr)), walk_(other.walk_) {}
  RingBatch& operator=(RingBatch&&) = delete;
  ~RingBatch() {
    if (ring_ != nullptr) {
      (void)release();
    }
  }

  /// Goes on when it is compared with the end, not when it is incremented: of `batch | std::views::take(4)` a fifth record is not touched.
  class Iterator {
   public:
    using value_type = RingRecord;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(RingBatch& batch) : batch_(&batch), due_(true) {}
    const RingRecord& operator*() const {
      step();
      return record_;
    }
    Iterator& operator++() {
      step();
      due_ = true;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& at, std::default_sentinel_t) {
      at.step();
      return at.over_;
    }

   private:
    void step() const {
      if (due_) {
        due_ = false;
        over_ = !batch_->next(record_);
      }
    }

    RingBatch* batch_ = nullptr;
    mutable bool due_ = false;
    mutable bool over_ = true;
    mutable RingRecord record_;
  };

  /// The next record, or false when there is none: the other way to walk.
  bool next(RingRecord& record) { return ring_ != nullptr && walk_.next(record); }
  Iterator begin() { return Iterator(*this); }
  std::default_sentinel_t end() const { return {}; }

  /// Records stepped over so far.
  u64 count() const { return walk_.records(); }
  /// True when the walk ended before a record that cannot be. It would end there again and again, so from then on lease() and consume() say malformed.
  bool malformed() const { return walk_.malformed(); }
  /// Releases what was stepped over, now. Errors: malformed (see there; all before it is released).
  Result<void> release() {
    ring_detail::Ring* const ring = std::exchange(ring_, nullptr);
    if (ring == nullptr) {
      return {};
    }
    // A copy, so that the address of the batch goes nowhere and what it holds can stay in registers while it is walked over.
    const ring_detail::Walk walked = walk_;
    return ring_detail::finish(*ring, walked);
  }
  /// Releases nothing: the same records come again.
  void give_back() {
    if (ring_detail::Ring* const ring = std::exchange(ring_, nullptr); ring != nullptr) {
      ring_detail::end_lending(*ring);
    }
  }

 private:
  friend class RingBuffer;
  RingBatch(ring_detail::Ring& ring, const ring_detail::Walk& walk) : ring_(&ring), walk_(walk) {}

  ring_detail::Ring* ring_;  // null: released, or given back
  ring_detail::Walk walk_;
};

/// What a callback of consume() may be: it takes a record and returns nothing, or whether to go on.
template <class F>
concept RingVisitor =
    std::invocable<F&, RingRecord> && (std::is_void_v<std::invoke_result_t<F&, RingRecord>> ||
                                       std::same_as<std::invoke_result_t<F&, RingRecord>, bool>);

/// The reading end of one ring. Move-only; destroying it unmaps the ring (once no batch has its records) and leaves what is in it for the next reader. The Map must
/// outlive it. A ring that was moved from can be destroyed and assigned to, no more.
class RingBuffer {
 public:
  static constexpr u64 all = ~u64{0};

  /// Maps the ring of `map`, its data twice in a row so that every record lies in one piece. Errors: invalid (not a ring buffer), unsupported (one that
  /// overwrites its oldest records, BPF_F_RB_OVERWRITE: they cannot be read where they lie), denied, kernel.
  static Result<RingBuffer> open(const Map& map);
  RingBuffer(RingBuffer&&) noexcept = default;
  RingBuffer& operator=(RingBuffer&&) noexcept = default;

  /// The map's name.
  const std::string& name() const { return ring_->name; }
  /// The descriptor that poll, epoll and io_uring say is readable when records wait: the map's own. Level-triggered use needs nothing more; with
  /// EPOLLET read until consume() returns 0 before waiting again.
  int descriptor() const { return descriptor_; }
  kernel::Kernel& kernel() const { return *kernel_; }

  /// Lends up to `most` of the records that are there; none is an empty batch. Errors: busy (records are out: a batch has not been released, or this is called
  /// from a visitor of consume()), malformed (the positions contradict each other: another process wrote to the consumer's; or the last reading ended before
  /// a record that cannot be).
  Result<RingBatch> lease(u64 most = all) {
    auto walk = ring_detail::lend(*ring_, most);
    if (!walk) {
      return std::unexpected(std::move(walk).error());
    }
    return RingBatch(*ring_, *walk);
  }

  /// Calls `visit` for up to `most` of the records that are there and of those that come meanwhile, but ends when it has been once around the ring, so that
  /// a program that is faster cannot hold it. Room is released to the program in steps of a sixteenth of the ring, and at the end, also when `visit` stops
  /// it by false (its record is released too) or throws. `visit` may move and destroy the ring, but not read it. How many records were visited. Errors: busy
  /// and malformed, as lease().
  template <RingVisitor Visit>
  Result<u64> consume(Visit&& visit, u64 most = all);

  /// Waits until something is in the ring; false: the time is over, or a signal came. Programs that submit with BPF_RB_NO_WAKEUP do not end the wait.
  /// The reader's thread only. Errors: kernel.
  Result<bool> wait(Timeout timeout = std::nullopt);
  /// True when something is in the ring, perhaps still being written.
  bool has_waiting() const { return waiting_bytes() != 0; }
  /// Bytes in the ring, with headers. From any thread.
  u64 waiting_bytes() const;
  /// What is known now. The kernel does not count what a program could not reserve room for: programs do that themselves. From any thread.
  RingStatistics statistics() const;

 private:
  RingBuffer() = default;

  kernel::Kernel* kernel_ = nullptr;
  int descriptor_ = -1;
  std::unique_ptr<ring_detail::Ring, ring_detail::LeaveRing> ring_;
  std::optional<Poller> poller_;  // made by the first wait()
};

// Inlined always: what the callback captures can then be in registers.
template <RingVisitor Visit>
[[gnu::always_inline]] inline Result<u64> RingBuffer::consume(Visit&& visit, u64 most) {
  ring_detail::Ring& ring = *ring_;  // not `this` from here on: `visit` may move or destroy it
  auto begun = ring_detail::lend(ring, most);
  if (!begun) {
    return std::unexpected(std::move(begun).error());
  }
  // The walk lives in registers: no function that is not inlined sees its address, only copies of it.
  ring_detail::Walk walk = *begun;
  struct Unwinding {
    ring_detail::Ring* ring;
    const ring_detail::Walk* walk;
    ~Unwinding() {
      if (ring != nullptr) {
        const ring_detail::Walk copy = *walk;
        (void)ring_detail::finish(*ring, copy);
      }
    }
  } unwinding{&ring, &walk};
  const ring_detail::Position portion = (ring.mask + 1) / 16;
  walk.pause_after(portion);
  const auto go_on = [&visit](RingRecord record) {
    if constexpr (std::is_void_v<std::invoke_result_t<Visit&, RingRecord>>) {
      visit(record);
      return true;
    } else {
      return visit(record);
    }
  };
  RingRecord record;
  for (bool wanted = true; wanted;) {
    if (walk.next(record)) {
      wanted = go_on(record) && walk.visit_run(go_on);
      continue;
    }
    if (walk.at_pause()) {
      ring_detail::store_release(ring.consumer(), walk.position());
    } else {
      const bool ends = walk.malformed() || walk.at_most() || walk.position() - walk.from() > ring.mask;
      const ring_detail::Position limit =
          ends ? walk.position() : ring_detail::look_again(ring, walk.position());
      if (limit == walk.position()) {
        break;
      }
      walk.extend(limit);
    }
    walk.pause_after(portion);
  }
  unwinding.ring = nullptr;
  const ring_detail::Walk walked = walk;
  if (auto finished = ring_detail::finish(ring, walked); !finished) {
    return std::unexpected(std::move(finished).error());
  }
  return walked.records();
}

}  // namespace skep

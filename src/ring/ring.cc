#include "skep/ring.h"

#include <algorithm>

#include "ring/layout.h"
#include "skep/uapi/flags.h"

namespace skep {

static_assert(ring_detail::Walk::discard_bit == BPF_RINGBUF_DISCARD_BIT);
static_assert(ring_detail::Walk::header_bytes == BPF_RINGBUF_HDR_SZ);
static_assert(static_cast<s32>(BPF_RINGBUF_BUSY_BIT) < 0);

Result<RingBuffer> RingBuffer::open(const Map& map) {
  const MapTraits& traits = map.traits();
  SKEP_TRY(const std::size_t bytes, ring::check_ring(traits, BPF_MAP_TYPE_RINGBUF, "ring buffer"));
  if ((traits.flags & BPF_F_RB_OVERWRITE) != 0) {
    return fail(Errc::unsupported,
                cat("ring buffer '", traits.name,
                    "' overwrites its oldest records (BPF_F_RB_OVERWRITE), so none can be read in place"));
  }
  const std::size_t page = ring::page_bytes();
  RingBuffer ring;
  ring.name_ = traits.name;
  ring.kernel_ = &map.kernel();
  ring.descriptor_ = map.fd().raw();
  SKEP_TRY_IN(cat("ring buffer '", traits.name, "'"), ring.consumer_page_,
              RingMemory::map(map.kernel(), map.fd().raw(), 0, page, true));
  SKEP_TRY_IN(cat("ring buffer '", traits.name, "'"), ring.pages_,
              RingMemory::map(map.kernel(), map.fd().raw(), page, page + 2 * bytes, false));
  ring.data_ = ring.pages_.address() + page;
  ring.mask_ = bytes - 1;
  ring.counters_ = std::make_unique<ring_detail::Counters>();
  return ring;
}

RingBuffer::Position RingBuffer::look_again(Position at) const {
  // Ordered: a program that submits its record looks whether the reader has come to it, and wakes the reader only then. Either it sees the position
  // stored here, or this thread sees its record; with release and acquire alone both might see the past, and the reader sleep on.
  ring_detail::store_ordered(consumer(), at);
  const Position to = ring_detail::load_ordered(producer());
  if (to == at || to - at > mask_ + 1) {
    return at;
  }
  const auto* header = reinterpret_cast<const u32*>(data_ + (at & mask_));
  const bool busy = (ring_detail::load_ordered(header) & BPF_RINGBUF_BUSY_BIT) != 0;
  return busy ? at : to;
}

Result<void> RingBuffer::finish(const ring_detail::Walk& walk) {
  // At least release: the records have been read before the program may write over them.
  ring_detail::store_ordered(consumer(), walk.position());
  constexpr auto relaxed = std::memory_order_relaxed;
  // One thread reads a ring, so nobody adds at the same time.
  counters_->records.store(counters_->records.load(relaxed) + walk.records(), relaxed);
  counters_->discarded.store(counters_->discarded.load(relaxed) + walk.discarded(), relaxed);
  counters_->bytes.store(counters_->bytes.load(relaxed) + (walk.position() - walk.from()), relaxed);
  if (walk.malformed()) {
    const auto* header = reinterpret_cast<const u32*>(data_ + (walk.position() & mask_));
    return fail(Errc::malformed, cat("ring buffer '", name_, "': a record of ",
                                     ring_detail::load_acquire(header) & ~BPF_RINGBUF_DISCARD_BIT,
                                     " bytes at position ", walk.position(), ", but the program has written ",
                                     walk.limit() - walk.position(), " bytes from there, header and all"));
  }
  return {};
}

std::string RingBuffer::bad_positions(Position from, Position to) const {
  return cat("ring buffer '", name_, "': read up to ", from, " and written up to ", to, " cannot be of ",
             mask_ + 1, " bytes; has another process written to the reader's position?");
}

Result<bool> RingBuffer::wait(Timeout timeout) {
  if (!poller_) {
    SKEP_TRY_IN(name_, Poller poller, Poller::create(*kernel_));
    SKEP_CHECK_IN(name_, poller.add(descriptor_, 0));
    poller_ = std::move(poller);
  }
  SKEP_TRY_IN(name_, const auto ready, poller_->wait(timeout));
  return !ready.empty();
}

u64 RingBuffer::waiting_bytes() const {
  const Position from = ring_detail::load_acquire(consumer());
  const Position waiting = ring_detail::load_acquire(producer()) - from;
  // Between the two loads the ring may have gone on, reader and all.
  return std::min<u64>(waiting, u64{mask_} + 1);
}

RingStatistics RingBuffer::statistics() const {
  constexpr auto relaxed = std::memory_order_relaxed;
  return {.records = counters_->records.load(relaxed),
          .discarded = counters_->discarded.load(relaxed),
          .bytes = counters_->bytes.load(relaxed),
          .waiting_bytes = waiting_bytes(),
          .most_waiting_bytes = counters_->most_waiting_bytes.load(relaxed),
          .size_bytes = u64{mask_} + 1};
}

}  // namespace skep

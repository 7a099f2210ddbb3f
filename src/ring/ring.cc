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
  RingBuffer reader;
  reader.kernel_ = &map.kernel();
  reader.descriptor_ = map.fd().raw();
  reader.ring_.reset(new ring_detail::Ring);
  ring_detail::Ring& ring = *reader.ring_;
  ring.name = traits.name;
  SKEP_TRY_IN(cat("ring buffer '", traits.name, "'"), ring.consumer_page,
              RingMemory::map(map.kernel(), map.fd().raw(), 0, page, true));
  SKEP_TRY_IN(cat("ring buffer '", traits.name, "'"), ring.pages,
              RingMemory::map(map.kernel(), map.fd().raw(), page, page + 2 * bytes, false));
  ring.data = ring.pages.address() + page;
  ring.mask = bytes - 1;
  return reader;
}

namespace ring_detail {

namespace {

Error bad_record(const Ring& ring, Position at, Position to) {
  const auto* header = reinterpret_cast<const u32*>(ring.data + (at & ring.mask));
  return {Errc::malformed,
          cat("ring buffer '", ring.name, "': a record of ", load_acquire(header) & ~BPF_RINGBUF_DISCARD_BIT,
              " bytes at position ", at, ", but the program has written ", to - at,
              " bytes from there, header and all")};
}

}  // namespace

void LeaveRing::operator()(Ring* ring) const {
  if (ring->lent.load(std::memory_order_relaxed)) {
    ring->ownerless = true;
  } else {
    delete ring;
  }
}

void end_lending(Ring& ring) {
  ring.lent.store(false, std::memory_order_relaxed);
  if (ring.ownerless) {
    delete &ring;
  }
}

Error cannot_lend(const Ring& ring, Position from, Position to) {
  if (ring.lent.load(std::memory_order_relaxed)) {
    return {Errc::busy,
            cat("ring buffer '", ring.name,
                "': its records are out, by a batch that was not released or to a visitor of consume()")};
  }
  if (from == ring.stuck_at) {
    return bad_record(ring, from, to);
  }
  return {Errc::malformed,
          cat("ring buffer '", ring.name, "': read up to ", from, " and written up to ", to, " cannot be of ",
              ring.mask + 1, " bytes; has another process written to the reader's position?")};
}

Position look_again(Ring& ring, Position at) {
  // Ordered: a program that submits its record looks whether the reader has come to it, and wakes the reader only then. Either it sees the position
  // stored here, or this thread sees its record; with release and acquire alone both might see the past, and the reader sleep on.
  store_ordered(ring.consumer(), at);
  const Position to = load_ordered(ring.producer());
  if (to == at || to - at > ring.mask + 1) {
    return at;
  }
  const auto* header = reinterpret_cast<const u32*>(ring.data + (at & ring.mask));
  const bool busy = (load_ordered(header) & BPF_RINGBUF_BUSY_BIT) != 0;
  return busy ? at : to;
}

Result<void> finish(Ring& ring, const Walk& walk) {
  // At least release: the records have been read before the program may write over them.
  store_ordered(ring.consumer(), walk.position());
  constexpr auto relaxed = std::memory_order_relaxed;
  // One thread reads a ring, so nobody adds at the same time.
  ring.records.store(ring.records.load(relaxed) + walk.records(), relaxed);
  ring.discarded.store(ring.discarded.load(relaxed) + walk.discarded(), relaxed);
  ring.bytes.store(ring.bytes.load(relaxed) + (walk.position() - walk.from()), relaxed);
  Result<void> done;
  if (walk.malformed()) {
    ring.stuck_at = walk.position();
    done = std::unexpected(bad_record(ring, walk.position(), walk.limit()));
  }
  end_lending(ring);
  return done;
}

}  // namespace ring_detail

Result<bool> RingBuffer::wait(Timeout timeout) {
  if (!poller_) {
    SKEP_TRY_IN(name(), Poller poller, Poller::create(*kernel_));
    SKEP_CHECK_IN(name(), poller.add(descriptor_, 0));
    poller_ = std::move(poller);
  }
  SKEP_TRY_IN(name(), const auto ready, poller_->wait(timeout));
  return !ready.empty();
}

u64 RingBuffer::waiting_bytes() const {
  const ring_detail::Position from = ring_detail::load_acquire(ring_->consumer());
  const ring_detail::Position waiting = ring_detail::load_acquire(ring_->producer()) - from;
  // Between the two loads the ring may have gone on, reader and all.
  return std::min<u64>(waiting, u64{ring_->mask} + 1);
}

RingStatistics RingBuffer::statistics() const {
  constexpr auto relaxed = std::memory_order_relaxed;
  return {.records = ring_->records.load(relaxed),
          .discarded = ring_->discarded.load(relaxed),
          .bytes = ring_->bytes.load(relaxed),
          .waiting_bytes = waiting_bytes(),
          .most_waiting_bytes = ring_->most_waiting_bytes.load(relaxed),
          .size_bytes = u64{ring_->mask} + 1};
}

}  // namespace skep

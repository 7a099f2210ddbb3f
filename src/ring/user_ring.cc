#include "skep/user_ring.h"

#include <cerrno>

#include "ring/layout.h"
#include "skep/uapi/flags.h"

namespace skep {

using std::chrono::steady_clock;

/// A program gets a record as a dynptr, which has 24 bits for the size; the kernel would never get past a larger one.
constexpr u32 most_record_bytes = (u32{1} << 24) - 1;

void UserRecord::finish(u32 flags) {
  if (header_ == nullptr) {
    return;
  }
  // Release: the record's bytes are there before the kernel sees that it is not busy any more.
  const u32 length = static_cast<u32>(bytes_.size());
  ring_detail::store_release(std::exchange(header_, nullptr), length | flags);
  bytes_ = {};
}

void UserRecord::submit() {
  finish(0);
}

void UserRecord::discard() {
  finish(BPF_RINGBUF_DISCARD_BIT);
}

Result<UserRingBuffer> UserRingBuffer::open(const Map& map) {
  const MapTraits& traits = map.traits();
  SKEP_TRY(const std::size_t bytes, ring::check_ring(traits, BPF_MAP_TYPE_USER_RINGBUF, "user ring buffer"));
  const std::size_t page = ring::page_bytes();
  UserRingBuffer ring;
  ring.name_ = traits.name;
  ring.kernel_ = &map.kernel();
  ring.descriptor_ = map.fd().raw();
  SKEP_TRY_IN(cat("user ring buffer '", traits.name, "'"), ring.consumer_page_,
              RingMemory::map(map.kernel(), map.fd().raw(), 0, page, false));
  SKEP_TRY_IN(cat("user ring buffer '", traits.name, "'"), ring.pages_,
              RingMemory::map(map.kernel(), map.fd().raw(), page, page + 2 * bytes, true));
  ring.data_ = ring.pages_.address() + page;
  ring.mask_ = bytes - 1;
  return ring;
}

u64 UserRingBuffer::waiting_bytes() const {
  const Position read = ring_detail::load_acquire(consumer());
  return ring_detail::load_acquire(producer()) - read;
}

Result<UserRecord> UserRingBuffer::reserve(u32 bytes) {
  constexpr u32 header_bytes = BPF_RINGBUF_HDR_SZ;
  const u64 step = (u64{bytes} + header_bytes + 7) & ~u64{7};
  if (bytes > most_record_bytes) {
    return std::unexpected(Error(Errc::invalid,
                                 cat("user ring buffer '", name_, "': a record of ", bytes,
                                     " bytes is more than programs can be handed, ", most_record_bytes),
                                 E2BIG));
  }
  if (step > size_bytes()) {
    return std::unexpected(Error(Errc::invalid,
                                 cat("user ring buffer '", name_, "': a record of ", bytes,
                                     " bytes does not fit into its ", size_bytes()),
                                 E2BIG));
  }
  // Acquire: programs have read what they give back before it is written over.
  const Position read = ring_detail::load_acquire(consumer());
  const Position written = ring_detail::load_acquire(producer());
  if (written - read > mask_ + 1) {
    return fail(Errc::malformed, cat("user ring buffer '", name_, "': written up to ", written,
                                     " and read up to ", read, " cannot be of ", size_bytes(), " bytes"));
  }
  if (step > mask_ + 1 - (written - read)) {
    return std::unexpected(Error(Errc::busy,
                                 cat("user ring buffer '", name_, "': no room for ", bytes, " bytes, ",
                                     written - read, " of ", size_bytes(), " are not taken out yet"),
                                 ENOSPC));
  }
  std::byte* const place = data_ + (written & mask_);
  auto* const header = reinterpret_cast<u32*>(place);
  header[0] = bytes | BPF_RINGBUF_BUSY_BIT;
  header[1] = 0;
  // Release: whoever sees the position sees that the record is busy.
  ring_detail::store_release(producer(), written + static_cast<Position>(step));
  return UserRecord(header, {place + header_bytes, bytes});
}

Result<void> UserRingBuffer::prepare_to_wait() {
  if (!poller_) {
    SKEP_TRY_IN(name_, Poller poller, Poller::create(*kernel_));
    SKEP_CHECK_IN(name_, poller.add(descriptor_, 0, Readiness::writable_again));
    poller_ = std::move(poller);
  }
  return {};
}

Result<UserRecord> UserRingBuffer::reserve(u32 bytes, Timeout timeout) {
  const auto start = steady_clock::now();
  for (bool was_interrupted = false;; was_interrupted = poller_->was_interrupted()) {
    // Room that comes after this look is news to the poller, so it is not slept through.
    auto record = reserve(bytes);
    if (record || record.error().code() != Errc::busy) {
      return record;
    }
    if (was_interrupted) {
      return std::unexpected(Error(Errc::busy, record.error().message(), EINTR));
    }
    Timeout left;
    if (timeout) {
      left = *timeout - (steady_clock::now() - start);
      if (left->count() <= 0) {
        return std::unexpected(Error(Errc::busy, record.error().message(), ETIMEDOUT));
      }
    }
    SKEP_CHECK(prepare_to_wait());
    SKEP_TRY_IN(name_, const auto ready, poller_->wait(left));
    (void)ready;
  }
}

}  // namespace skep

// User ring buffers (BPF_MAP_TYPE_USER_RINGBUF): records that this process writes and programs take out with bpf_user_ringbuf_drain(). Since Linux 6.1.
// Thread-safety: one thread at a time reserves; records may be submitted and discarded by others, in any order (the kernel takes them in the order of
// reservation, and waits for none: it stops at one that is not submitted).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "skep/event_loop.h"
#include "skep/map.h"
#include "skep/ring_memory.h"

namespace skep {

/// Room for one record in a user ring. Move-only; destroying it discards the record unless it was submitted.
class UserRecord {
 public:
  UserRecord(UserRecord&& other) noexcept
      : header_(std::exchange(other.header_, nullptr)), bytes_(other.bytes_) {}
  UserRecord& operator=(UserRecord&& other) noexcept {
    std::swap(header_, other.header_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~UserRecord() { discard(); }

  /// The record's bytes, to be filled; what they held before is still there.
  std::span<std::byte> bytes() const { return bytes_; }
  /// Gives it to the programs. It must not be touched afterwards.
  void submit();
  /// Takes it back: programs do not see it, and its room is free when they come past it.
  void discard();

 private:
  friend class UserRingBuffer;
  UserRecord(u32* header, std::span<std::byte> bytes) : header_(header), bytes_(bytes) {}
  void finish(u32 flags);

  u32* header_;  // null: submitted or discarded
  std::span<std::byte> bytes_;
};

/// The writing end of a user ring. Move-only; the Map must outlive it, and so must the ring its records.
class UserRingBuffer {
 public:
  /// Maps the ring of `map`, its data twice in a row. Errors: invalid (not a user ring buffer), denied, kernel.
  static Result<UserRingBuffer> open(const Map& map);

  /// The map's name.
  const std::string& name() const { return name_; }
  /// What epoll says is writable when the ring is not full: the map's own.
  int descriptor() const { return descriptor_; }
  u64 size_bytes() const { return u64{mask_} + 1; }
  /// Bytes that no program has taken yet, with headers.
  u64 waiting_bytes() const;

  /// Room for a record of `bytes` bytes. Errors: invalid with E2BIG (it would not fit into the empty ring), busy with ENOSPC (it does not now).
  Result<UserRecord> reserve(u32 bytes);
  /// The same, but waits for programs to make room. Each drain that takes a record is noticed unless it asked for BPF_RB_NO_WAKEUP. Errors: as reserve(), but
  /// busy with ETIMEDOUT when the time is over and with EINTR when a signal ended the wait; kernel.
  Result<UserRecord> reserve(u32 bytes, Timeout timeout);

 private:
  using Position = ring_detail::Position;
  UserRingBuffer() = default;
  Result<void> prepare_to_wait();

  Position* producer() const { return reinterpret_cast<Position*>(pages_.address()); }
  const Position* consumer() const { return reinterpret_cast<const Position*>(consumer_page_.address()); }

  std::string name_;
  kernel::Kernel* kernel_ = nullptr;
  int descriptor_ = -1;
  RingMemory consumer_page_;
  RingMemory pages_;  // the producer's page, then the data twice
  std::byte* data_ = nullptr;
  Position mask_ = 0;
  std::optional<Poller> poller_;  // made by the first reserve() that waits
};

}  // namespace skep

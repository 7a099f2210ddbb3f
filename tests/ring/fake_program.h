// The writing end of a ring, as a BPF program on another processor is: reserves, fills, submits, by the kernel's own protocol and on the very addresses that the
// reader reads, so that ThreadSanitizer sees both.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <span>

#include "kernel/fake_kernel.h"
#include "kernel/map.h"
#include "skep/ring.h"
#include "skep/uapi/flags.h"

namespace skep::test {

using Position = unsigned long;

inline constexpr std::size_t page_bytes = 4096;

/// A ring of the model, with both ends open.
class FakeRing {
 public:
  explicit FakeRing(kernel::FakeKernel& kernel, u32 bytes = page_bytes)
      : map_(kernel, create(kernel, bytes), traits(bytes)) {
    auto opened = RingBuffer::open(map_);
    EXPECT_TRUE(opened) << opened.error().message();
    reader_ = std::make_unique<RingBuffer>(*std::move(opened));
    for (const kernel::FakeCall& call : kernel.calls()) {
      if (call.kind == kernel::CallKind::map_memory && call.memory.fd == map_.fd().raw()) {
        auto* const at = reinterpret_cast<std::byte*>(static_cast<std::uintptr_t>(call.result));
        EXPECT_EQ(::mprotect(at, call.memory.bytes, PROT_READ | PROT_WRITE), 0);
        (call.memory.offset == 0 ? consumer_page_ : producer_page_) = at;
      }
    }
    mask_ = bytes - 1;
  }

  RingBuffer& reader() { return *reader_; }
  Map& map() { return map_; }

  /// bpf_ringbuf_reserve(): where the record's bytes go, or null when there is no room. `lost` counts those, as a program has to.
  std::byte* reserve(u32 bytes) {
    const Position read = __atomic_load_n(consumer(), __ATOMIC_ACQUIRE);
    const Position written = *producer();  // the only writer; in the kernel a lock
    const Position end = written + (bytes + 8 + 7) / 8 * 8;
    if (end - read > mask_) {
      ++lost;
      return nullptr;
    }
    std::byte* const header = data() + (written & mask_);
    __atomic_store_n(reinterpret_cast<u32*>(header), bytes | BPF_RINGBUF_BUSY_BIT, __ATOMIC_RELAXED);
    __atomic_store_n(producer(), end, __ATOMIC_RELEASE);
    return header + 8;
  }

  /// bpf_ringbuf_submit() or bpf_ringbuf_discard(): whether the kernel would wake the reader.
  bool commit(std::byte* record, bool discard = false) {
    std::byte* const header = record - 8;
    auto* const length = reinterpret_cast<u32*>(header);
    const u32 bytes = __atomic_load_n(length, __ATOMIC_RELAXED) & ~BPF_RINGBUF_BUSY_BIT;
    __atomic_exchange_n(length, bytes | (discard ? BPF_RINGBUF_DISCARD_BIT : 0), __ATOMIC_SEQ_CST);
    const Position read = __atomic_load_n(consumer(), __ATOMIC_SEQ_CST);
    return (read & mask_) == static_cast<Position>(header - data());
  }

  /// bpf_ringbuf_output() of `bytes` bytes that all are `fill`; false when it is lost.
  bool write(u32 bytes, u8 fill = 0) {
    std::byte* const record = reserve(bytes);
    if (record == nullptr) {
      return false;
    }
    std::fill_n(record, bytes, static_cast<std::byte>(fill));
    commit(record);
    return true;
  }

  template <class T>
  bool write_value(const T& value) {
    std::byte* const record = reserve(sizeof value);
    if (record == nullptr) {
      return false;
    }
    std::memcpy(record, &value, sizeof value);
    commit(record);
    return true;
  }

  Position* consumer() const { return reinterpret_cast<Position*>(consumer_page_); }
  Position* producer() const { return reinterpret_cast<Position*>(producer_page_); }
  std::byte* data() const { return producer_page_ + page_bytes; }
  u32* header_at(Position position) const { return reinterpret_cast<u32*>(data() + (position & mask_)); }

  u64 lost = 0;

  static Fd create(kernel::FakeKernel& kernel, u32 bytes) {
    auto fd =
        kernel::map_create(kernel, {.type = BPF_MAP_TYPE_RINGBUF, .max_entries = bytes, .name = "events"});
    EXPECT_TRUE(fd);
    return *std::move(fd);
  }
  static MapTraits traits(u32 bytes) {
    return {.name = "events", .type = BPF_MAP_TYPE_RINGBUF, .max_entries = bytes};
  }

 private:
  Map map_;
  std::unique_ptr<RingBuffer> reader_;
  std::byte* consumer_page_ = nullptr;
  std::byte* producer_page_ = nullptr;
  Position mask_ = 0;
};

}  // namespace skep::test

// The memory of a ring buffer, as another process may have left it: whatever lengths and positions stand in it, every record lies inside of the ring, and reading ends.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "skep/ring.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, std::size_t size) {
  using skep::ring_detail::Position;
  constexpr std::size_t ring_bytes = 4096;
  struct Input {
    Position from;
    skep::u16 written;
    skep::u16 pause;
    skep::u32 most;
  } input{};
  if (size < sizeof input) {
    return 0;
  }
  std::memcpy(&input, bytes, sizeof input);
  alignas(8) std::array<std::byte, 2 * ring_bytes> data{};
  const std::size_t given = std::min(size - sizeof input, ring_bytes);
  std::memcpy(data.data(), bytes + sizeof input, given);
  std::copy_n(data.begin(), ring_bytes, data.begin() + ring_bytes);

  // What RingBuffer checks before it walks.
  const Position from = input.from & ~Position{7};
  const Position to = from + input.written % (ring_bytes + 1);
  skep::ring_detail::Walk walk(data.data(), ring_bytes - 1, from, to, input.most);
  walk.pause_after(input.pause);
  skep::RingRecord record;
  std::size_t count = 0;
  while (walk.next(record) || walk.at_pause()) {
    if (walk.at_pause()) {
      walk.pause_after(std::max<Position>(input.pause, 8));
    }
    const std::byte* const end = record.data() + record.size();
    const bool inside =
        record.data() == nullptr || (record.data() >= data.data() && end <= data.data() + data.size());
    if (!inside || ++count > 2 * ring_bytes || walk.position() - from > to - from) {
      std::abort();
    }
  }
  if (walk.records() > input.most || walk.records() + walk.discarded() > ring_bytes / 8) {
    std::abort();
  }
  return 0;
}

#include "cli/test_input.h"

#include <algorithm>
#include <array>

namespace skep::cli {

namespace {

// clang-format off
/// Documentation addresses (RFC 5737), UDP port 53 to itself, zero payload.
constexpr std::array<u8, 42> headers = {
    0x02, 0, 0, 0, 0, 0x01,  0x02, 0, 0, 0, 0, 0x02,  0x08, 0x00,            // to, from, IPv4
    0x45, 0, 0, 50,  0, 0, 0x40, 0,  64, 17, 0xb6, 0xb7,  192, 0, 2, 1,  192, 0, 2, 2,
    0, 53, 0, 53,  0, 30, 0, 0,
};
// clang-format on

}  // namespace

std::vector<std::byte> default_data(const Program& program) {
  constexpr std::size_t frame_bytes = 64;
  if (!program.takes_packet()) {
    return {};
  }
  std::vector<std::byte> frame(frame_bytes);
  std::ranges::transform(headers, frame.begin(), [](u8 byte) { return static_cast<std::byte>(byte); });
  return frame;
}

std::vector<std::byte> default_context(bpf_prog_type type) {
  constexpr std::size_t most_arguments = 12;  // of a raw tracepoint, 8 bytes each
  constexpr std::size_t syscall_bytes = 1024;
  switch (type) {
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: return std::vector<std::byte>(most_arguments * 8);
    case BPF_PROG_TYPE_SYSCALL: return std::vector<std::byte>(syscall_bytes);
    default: return {};
  }
}

}  // namespace skep::cli

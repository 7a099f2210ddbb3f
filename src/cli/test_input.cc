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

std::vector<std::byte> default_data(bpf_prog_type type) {
  constexpr std::size_t frame_bytes = 64;
  switch (type) {
    case BPF_PROG_TYPE_SOCKET_FILTER:
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
    case BPF_PROG_TYPE_XDP:
    case BPF_PROG_TYPE_CGROUP_SKB:
    case BPF_PROG_TYPE_LWT_IN:
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
    case BPF_PROG_TYPE_LWT_SEG6LOCAL:
    case BPF_PROG_TYPE_FLOW_DISSECTOR:
    case BPF_PROG_TYPE_NETFILTER: break;
    default: return {};
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

bool repeats(bpf_prog_type type) {
  return type != BPF_PROG_TYPE_RAW_TRACEPOINT && type != BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE &&
         type != BPF_PROG_TYPE_SYSCALL && type != BPF_PROG_TYPE_TRACING;
}

}  // namespace skep::cli

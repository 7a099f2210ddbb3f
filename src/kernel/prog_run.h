// Running a loaded program on given data (BPF_PROG_TEST_RUN), and reading what it printed to its streams.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// Parameters and results of BPF_PROG_TEST_RUN. What a type of program takes differs: see skep/uapi/attr_prog.h.
struct ProgTestRun {
  int prog_fd = -1;
  std::span<const std::byte>
      data_in;  ///< a packet, beginning with its link-layer header; empty for types that take none
  std::span<std::byte> data_out;  ///< receives the packet as the program left it; may be empty
  std::span<const std::byte>
      ctx_in;                    ///< the context, or the arguments of a raw tracepoint or syscall program
  std::span<std::byte> ctx_out;  ///< receives the context as the program left it; may be empty
  u32 repeat = 0;      ///< how often; 0 counts as 1. Some types (syscall, raw tracepoint) insist on 0
  u32 flags = 0;       ///< BPF_F_TEST_RUN_ON_CPU, BPF_F_TEST_XDP_LIVE_FRAMES, ...
  u32 cpu = 0;         ///< with BPF_F_TEST_RUN_ON_CPU
  u32 batch_size = 0;  ///< with BPF_F_TEST_XDP_LIVE_FRAMES

  u32 retval = 0;          ///< out: what the program returned the last time
  u32 duration_ns = 0;     ///< out: mean time of a run
  u32 data_out_bytes = 0;  ///< out: the packet's length afterwards, which may be more than data_out holds
  u32 ctx_out_bytes = 0;   ///< out: the same for the context
};

/// BPF_PROG_TEST_RUN. Errors: denied (EPERM), kernel (ENOTSUPP: not this type; EINVAL: data missing or too short; ENOSPC: data_out or ctx_out is too
/// small, and the sizes out say what is needed).
inline Result<void> prog_test_run(Kernel& kernel, ProgTestRun& run) {
  auto attr = zeroed<bpf_attr_test>();
  attr.prog_fd = static_cast<u32>(run.prog_fd);
  attr.data_size_in = static_cast<u32>(run.data_in.size());
  attr.data_size_out = static_cast<u32>(run.data_out.size());
  attr.data_in = run.data_in.empty() ? 0 : address_of(run.data_in.data());
  attr.data_out = run.data_out.empty() ? 0 : address_of(run.data_out.data());
  attr.repeat = run.repeat;
  attr.ctx_size_in = static_cast<u32>(run.ctx_in.size());
  attr.ctx_size_out = static_cast<u32>(run.ctx_out.size());
  attr.ctx_in = run.ctx_in.empty() ? 0 : address_of(run.ctx_in.data());
  attr.ctx_out = run.ctx_out.empty() ? 0 : address_of(run.ctx_out.data());
  attr.flags = run.flags;
  attr.cpu = run.cpu;
  attr.batch_size = run.batch_size;
  const int raw = kernel.bpf(BPF_PROG_TEST_RUN, &attr, SKEP_ATTR_END(test, batch_size));
  run.retval = attr.retval;
  run.duration_ns = attr.duration;
  run.data_out_bytes = attr.data_size_out;
  run.ctx_out_bytes = attr.ctx_size_out;
  return done(raw, "test-run a program");
}

/// The streams of a program (6.17).
enum class ProgStream : u32 { standard_output = 1, standard_error = 2 };

/// BPF_PROG_STREAM_READ_BY_FD: takes text out of a stream and returns how many bytes came; 0: nothing is left. Errors: kernel.
inline Result<u32> prog_stream_read(Kernel& kernel, int prog_fd, ProgStream stream, std::span<char> buffer) {
  auto attr = zeroed<bpf_attr_prog_stream_read>();
  attr.stream_buf = address_of(buffer.data());
  attr.stream_buf_len = static_cast<u32>(buffer.size());
  attr.stream_id = static_cast<u32>(stream);
  attr.prog_fd = static_cast<u32>(prog_fd);
  SKEP_TRY(const int bytes,
           answer(kernel.bpf(BPF_PROG_STREAM_READ_BY_FD, &attr, SKEP_ATTR_END(prog_stream_read, prog_fd)),
                  "read a program's stream"));
  return static_cast<u32>(bytes);
}

}  // namespace skep::kernel

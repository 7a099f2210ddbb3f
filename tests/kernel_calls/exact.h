// Comparing a recorded call with the attributes that a test expects, byte for byte.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "kernel/call.h"
#include "kernel/fake_kernel.h"

namespace skep::kernel {

/// Expects that the last call was bpf(`cmd`) with exactly `bytes` bytes of attributes, equal to the beginning of `want`.
template <class Arm>
void expect_last_call(const FakeKernel& kernel, bpf_cmd cmd, const Arm& want, u32 bytes) {
  const std::vector<FakeCall> calls = kernel.calls();
  ASSERT_FALSE(calls.empty());
  const FakeCall& last = calls.back();
  EXPECT_EQ(name_of(cmd_names, last.cmd), name_of(cmd_names, cmd));
  ASSERT_EQ(last.attr.size(), bytes) << name_of(cmd_names, cmd);
  std::vector<std::byte> whole(bytes);
  std::memcpy(whole.data(), &want, std::min<std::size_t>(bytes, sizeof want));
  EXPECT_EQ(last.attr, whole) << name_of(cmd_names, cmd);
}

/// A fake that answers every bpf(2) call with `result` and keeps the attributes; for commands whose effect is of no interest.
inline void answer_all(FakeKernel& kernel, int result) {
  kernel.on_bpf = [result](bpf_cmd, bpf_attr&) { return result; };
}

}  // namespace skep::kernel

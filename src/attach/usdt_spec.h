// Where a probe's arguments are, as BPF programs read it: the layouts of <bpf/usdt.bpf.h>, ours and libbpf's.
#pragma once

#include <array>
#include <string_view>
#include <type_traits>

#include "skep/error.h"
#include "skep/types.h"

namespace skep::attach {

constexpr u32 most_usdt_arguments = 12;

/// struct __bpf_usdt_arg_spec.
struct UsdtArgSpec {
  u64 value = 0;
  u32 place = 0;
  s16 register_offset = 0;
  u8 is_signed = 0;
  s8 bit_shift = 0;
};

/// struct __bpf_usdt_spec.
struct UsdtSpec {
  std::array<UsdtArgSpec, most_usdt_arguments> arguments{};
  u64 cookie = 0;
  s16 argument_count = 0;
  std::array<u8, 6> padding{};
};
static_assert(sizeof(UsdtArgSpec) == 16 && sizeof(UsdtSpec) == 208);
static_assert(std::is_trivially_copyable_v<UsdtSpec>);

/// `arguments`: the text of a note in a file of `machine` (EM_*). An argument that is not understood is marked, and the others are told. Errors: invalid (more than 12 arguments).
Result<UsdtSpec> make_usdt_spec(u16 machine, std::string_view arguments, u64 cookie);

}  // namespace skep::attach

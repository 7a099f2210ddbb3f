// Arguments of USDT probes: the assembler's operands that tell where each value is when the probe is hit. One tolerant parser for x86-64, i386, arm64, arm, riscv, s390x and
// ppc64: what it does not understand is one argument that cannot be read, and no reason to refuse the probe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skep/types.h"

namespace skep::host {

/// Where a value is.
enum class UsdtPlace : u8 {
  unknown,   ///< not understood, or not in a place that a BPF program can read (a floating-point register)
  constant,  ///< `value`
  reg,       ///< in register `base`
  memory,    ///< at base + (index << shift) + value
};

/// One argument.
struct UsdtArgument {
  UsdtPlace place = UsdtPlace::unknown;
  u8 bytes = 8;  ///< 1, 2, 4 or 8
  bool is_signed = false;
  bool is_float = false;  ///< memory only: its bits are a float or a double
  s64 value = 0;
  std::string_view base;    ///< a register, without a % before it
  std::string_view index;   ///< memory: another register, or empty
  u8 shift = 0;             ///< memory: what the index is shifted by, 0 to 4
  std::string_view symbol;  ///< memory: a variable whose address is to be added, or empty
  std::string_view text;    ///< as it stands in the note
};

/// The arguments in `text`; the views borrow from it. `machine`: EM_*. What is not understood is there with place `unknown`.
std::vector<UsdtArgument> parse_usdt_arguments(u16 machine, std::string_view text);

/// Where register `name` of `machine` is in the kernel's struct pt_regs, in bytes: of a 64-bit kernel, which also runs the machine's 32-bit programs. Nothing for what is no
/// integer register. Source: the uapi header asm/ptrace.h of each architecture.
std::optional<u16> register_offset(u16 machine, std::string_view name);

/// "s32 in esi", "u64 at rbp-24", "s32 5": for lists.
std::string describe(const UsdtArgument& argument);

}  // namespace skep::host

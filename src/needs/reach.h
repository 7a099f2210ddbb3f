// Which instructions of a program the verifier walks. It follows constants: a branch on a value that it knows is taken one way only, and what lies the other
// way is removed unseen. That is how `if (bpf_core_field_exists(...))` guards code. This is the same walk, with fewer kinds of knowledge.
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "skep/types.h"
#include "skep/uapi/insn.h"

namespace skep::needs {

/// What an ld_imm64 stands for when its imm alone does not say: an address that only loading knows.
struct Address {
  u32 insn = 0;  ///< index of its first half
  /// Memory whose contents loads see as constants (frozen .rodata and .kconfig); empty: an address that is not null, and no more is known.
  std::span<const std::byte> bytes;
  u32 offset = 0;  ///< into `bytes`
};

/// A function within a program.
struct Routine {
  u32 first_insn = 0;
  bool is_global =
      false;  ///< verified by itself: nothing is known of its arguments, nor its callers of its result
};

/// A whole program, subprogram calls resolved (BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC).
struct Code {
  std::span<const bpf_insn> insns;
  std::span<const Address> addresses;  ///< by ascending insn
  std::span<const Routine> routines;   ///< by ascending first_insn; the first is the entry
  std::endian byte_order = std::endian::native;
  bool verifies_uncalled_globals =
      false;  ///< before Linux 6.8 every global function was verified, called or not
};

/// Marks the instructions that may be walked: per index, true when some path leads there. Jumps out of the program lead nowhere. The work is bounded: a program
/// that needs more than 64 visits per instruction is answered with "all of it".
std::vector<bool> reached(const Code& code);

}  // namespace skep::needs

// A resolution written into an instruction.
#pragma once

#include <span>

#include "co_re/resolution.h"
#include "skep/uapi/insn.h"

namespace skep::co_re {

/// The helper number of a call that stands for a relocation without a match: the verifier refuses it as "invalid func unknown#195896080" where it is reached. The
/// number is libbpf's, so that tools know it.
inline constexpr s32 poison_call = 0xbad2310;

/// What became of the instruction.
enum class Patched : u8 {
  value,               ///< it has the kernel's number
  poison,              ///< nothing matched
  poison_for_meaning,  ///< Resolution::changes_meaning, and it is a load or store
};

/// Rewrites code[at]: the constant of an arithmetic instruction or of both halves of an ld_imm64, the offset and width of a load or store. Changes nothing on error.
/// Errors: malformed (no such instruction, another kind of instruction, or not the number that the object's own types give), unsupported (an offset beyond 32767 in
/// a load or store, a width that no instruction has).
Result<Patched> patch(std::span<bpf_insn> code, u32 at, const Resolution& resolution);

}  // namespace skep::co_re

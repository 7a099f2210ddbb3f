// Instructions out of bytes and back. A file's byte order may differ from the host's: then 16- and 32-bit fields are swapped, and so are the two nibbles of
// the register byte, because the compiler of a big-endian target puts dst_reg into the upper one.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "skep/uapi/insn.h"

namespace skep::insn {

/// The instructions of `bytes`, which are in the view's byte order, in host form. Any content is accepted; the verifier judges it.
/// Errors: truncated when the size is no multiple of 8.
Result<std::vector<bpf_insn>> decode(ByteView bytes);

/// The bytes of `insns` in byte order `order`: the inverse of decode().
std::vector<std::byte> encode(std::span<const bpf_insn> insns, std::endian order);

/// Errors: malformed when a 64-bit constant lacks its second instruction or that is not all zero but for imm, as the kernel demands.
/// Names the index of the first wrong instruction.
Result<void> check_pairs(std::span<const bpf_insn> insns);

}  // namespace skep::insn

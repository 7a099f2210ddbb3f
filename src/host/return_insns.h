// Where a function returns: its return instructions. Go moves its stacks, so a return address that a uretprobe has replaced is found by Go's runtime, which then stops the
// process; probing the return instructions themselves changes no stack.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace skep::host {

/// Offsets in `code`, the bytes of one function of an x86-64 (EM_X86_64) or arm64 (EM_AARCH64) program, of its return instructions, ascending.
/// Errors: unsupported (another machine; an instruction that is not known, before whose end nothing behind it can be trusted).
Result<std::vector<u64>> find_returns(u16 machine, ByteView code);

/// Length in bytes of the x86-64 instruction that `code` begins with; 0 when it is none that is known, or cut off. Source: Intel SDM volume 2, chapter 2 and appendix A.
u32 x86_insn_bytes(ByteView code);

}  // namespace skep::host

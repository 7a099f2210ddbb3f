// What one instruction does to what is known: arithmetic, loads and stores, and whether a branch is decided. Private to this layer.
#pragma once

#include <optional>

#include "needs/reach.h"
#include "needs/state.h"

namespace skep::needs {

/// Applies `insn`, which is no jump, no call and no ld_imm64, to `state`.
void apply(const bpf_insn& insn, const Code& code, State& state);

/// Whether a conditional jump is always (true) or never (false) taken, or nothing when that is not known.
std::optional<bool> is_taken(const bpf_insn& insn, const State& state);

/// After a helper or kernel function: r0 to r5 are unknown, and so is the stack when the callee had a pointer into it.
void forget_after_call(State& state);

}  // namespace skep::needs

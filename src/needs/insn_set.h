// Which kernel an instruction needs. Private to this layer.
#pragma once

#include <string_view>

#include "insn/traits.h"
#include "needs/reach.h"
#include "skep/needs.h"

namespace skep::needs {

/// What is special about an instruction.
struct InsnFeature {
  std::string_view name;  ///< empty: every kernel knows it
  Release since;
  u32 cpu = 1;  ///< clang's -mcpu=vN
  /// Older kernels refuse it wherever it stands; otherwise only where the verifier walks.
  bool anywhere = false;
};

/// Source: the kernel's opcode table and the checks of reserved fields, which precede the walk.
constexpr InsnFeature feature_of(const bpf_insn& insn) {
  if (insn::is_gotox(insn)) {
    return {"indirect jumps (gotox)", {6, 19}, 4, true};
  }
  if (insn::is_may_goto(insn)) {
    return {"may_goto", {6, 10}, 4, true};
  }
  if (insn::is_gotol(insn)) {
    return {"32-bit jump offsets (gotol)", {6, 6}, 4, true};
  }
  if (BPF_CLASS(insn.code) == BPF_LDX && BPF_MODE(insn.code) == BPF_MEMSX) {
    return {"sign-extending loads (ldsx)", {6, 6}, 4, true};
  }
  if (insn.code == (BPF_ALU64 | BPF_END)) {
    return {"unconditional byte swap (bswap)", {6, 6}, 4, true};
  }
  if (insn::is_addr_space_cast(insn)) {
    return {"address space casts", {6, 9}, 4, false};
  }
  if (insn::is_movsx(insn)) {
    return {"sign-extending moves (movsx)", {6, 6}, 4, false};
  }
  if (insn::is_signed_division(insn)) {
    return {"signed division (sdiv, smod)", {6, 6}, 4, false};
  }
  if (insn::is_atomic(insn) && (insn.imm == BPF_LOAD_ACQ || insn.imm == BPF_STORE_REL)) {
    return {"load-acquire and store-release", {6, 15}, 4, false};
  }
  if (insn::is_atomic(insn) && insn.imm != BPF_ADD) {
    return {"atomics other than plain addition", {5, 12}, 3, true};
  }
  if (BPF_CLASS(insn.code) == BPF_JMP32) {
    return {"32-bit compares (jmp32)", {5, 1}, 3, true};
  }
  if (BPF_CLASS(insn.code) == BPF_JMP && !insn::is_call(insn) && !insn::is_exit(insn) &&
      BPF_OP(insn.code) >= BPF_JLT) {
    return {"jumps if less", {4, 14}, 2, true};
  }
  return {};
}

}  // namespace skep::needs

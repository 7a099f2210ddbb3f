// Instructions as text, in the notation of the kernel's verifier log and of `bpftool prog dump xlated`.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "skep/uapi/insn.h"

namespace skep::insn {

/// A number in an instruction that stands for something with a name.
struct Reference {
  enum class Kind : u8 {
    map_fd,         ///< imm is a map's descriptor
    map_value,      ///< likewise; `offset` is the place in its value
    map_idx,        ///< imm is an index into fd_array
    map_idx_value,  ///< likewise; `offset` is the place in its value
    btf_variable,   ///< imm is a kernel variable's BTF id; `offset` is its module's BTF descriptor
    subprog,        ///< imm is the distance to a called subprogram
    subprog_addr,   ///< imm is the distance to a subprogram whose address is taken
    kfunc,          ///< imm is a kernel function's BTF id; `offset` is its module's index in fd_array
    helper,         ///< imm is a helper's number
  };
  Kind kind;
  std::size_t index;  ///< of the instruction
  s32 imm;
  s32 offset;
};

/// Gives a Reference its text (what stands after "r1 = " or "call "); an empty text means the default.
using Symboliser = std::function<std::string(const Reference&)>;

/// Instruction `index` of `insns` as text: "r1 = *(u64 *)(r2 +8)". What the instruction set does not know is printed field by field after the word
/// "unknown". Never fails.
std::string print(std::span<const bpf_insn> insns, std::size_t index, const Symboliser& name = {});

/// All of `insns`, one line each, as bpftool lists them: "   0: (b7) r0 = 0\n". A 64-bit constant is one line and two numbers.
std::string listing(std::span<const bpf_insn> insns, const Symboliser& name = {});

}  // namespace skep::insn

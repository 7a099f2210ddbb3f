// CO-RE in planning: each function's code with the running kernel's numbers in it, once for all programs that have a copy of it, and the story behind each
// instruction, told only when somebody asks.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "host/facts.h"
#include "skep/object_spec.h"

namespace skep::load {

/// The relocated code of the functions that the programs to be loaded reach. Keeps the object's types, not the ObjectSpec.
class CoreCode {
 public:
  /// Relocates. Errors of single functions are kept for code(): they concern only the programs that reach them.
  CoreCode(const ObjectSpec& spec, const host::Facts& facts);
  ~CoreCode();
  CoreCode(const CoreCode&) = delete;
  CoreCode& operator=(const CoreCode&) = delete;

  /// The code of a function that is reached; of one without relocations, as it is in `spec`. Errors: as co_re::Relocator::resolve and co_re::patch, naming function,
  /// instruction and source line.
  Result<std::span<const bpf_insn>> code(const ObjectSpec& spec, u32 function) const;

  /// What CO-RE did to this instruction of the function (to either half of an ld_imm64) and why, in one line or, for a poisoned one, several; empty when it did nothing.
  /// Thread-safe.
  std::string tell(const ObjectSpec& spec, u32 function, u32 insn) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// True for the calls that stand where something could not be resolved: of CO-RE relocations, maps that are not created and kernel functions that are not there.
constexpr bool is_poison(const bpf_insn& insn) {
  constexpr s32 map_poison = 2001000000;
  constexpr s32 last_poison = 2002999999;
  return insn.code == (BPF_JMP | BPF_CALL) && insn.src_reg == 0 &&
         (insn.imm == 0xbad2310 || (insn.imm >= map_poison && insn.imm <= last_poison));
}

}  // namespace skep::load

// CO-RE relocations told to people: which types, members and values of the kernel an object's code depends on, and what they are on a given kernel.
// Thread-safety: plain values; distinct specs may be used from distinct threads.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "skep/object.h"

namespace skep {

/// What comes of a relocation on a kernel.
enum class CoreOutcome : u8 {
  kept,     ///< the kernel has the same number as the object's own types
  changed,  ///< another number
  absent,   ///< it is not there, and the code is told so by 0
  poison,  ///< it is not there, and the instruction must not be reached: the verifier refuses the program where it is
  error,    ///< the object or the kernel's types are not in order, or several types fit and disagree
  unknown,  ///< no kernel was asked
};

/// The name of `outcome` as it stands in JSON, e.g. "kept".
std::string_view name_of(CoreOutcome outcome);

/// How one side sees what a relocation is about.
struct CoreLayout {
  std::string type;          ///< C type of the field, or of the whole: "struct mm_struct *"
  u64 offset_bits = 0;       ///< fields: from the start of the outermost struct
  u64 bytes = 0;             ///< of the field or type; 0 where it has no size, and for enumerators
  u32 bitfield_bits = 0;     ///< 0: no bitfield
  std::optional<s64> value;  ///< enumerators
};

/// A type of the kernel that has the wanted name.
struct CoreCandidate {
  std::string target;  ///< "vmlinux", "module nf_tables"
  u32 type_id = 0;
  std::string type;  ///< "struct task_struct"
  bool fits = false;
  std::string why_not;  ///< "no member `state`; struct task_struct has `__state`"
  std::optional<CoreLayout> layout;
};

/// One relocation: what the code asks for, what there is on either side, which types were tried and why they did not fit.
struct CoreStory {
  u32 kind = 0;      ///< bpf_core_relo_kind
  std::string what;  ///< "struct task_struct::mm", "enum pid_type::PIDTYPE_PID", "struct inode"
  CoreOutcome outcome = CoreOutcome::unknown;
  u64 before = 0;  ///< of the object's own types
  u64 after = 0;   ///< with kept, changed and absent
  std::optional<CoreLayout> local;
  std::vector<CoreCandidate> candidates;  ///< at most 64
  std::string
      reason;  ///< why it is absent, poison or an error: one sentence without a full stop; else mostly empty
};

/// A relocation in its place.
struct CoreExplanation {
  u32 function = 0;  ///< index into ObjectSpec::functions
  u32 insn = 0;      ///< within that function
  std::string file;  ///< empty when the object has no line information
  u32 line = 0;
  std::string source;       ///< the text of the source line
  std::string insn_before;  ///< "r1 = 8"
  std::string insn_after;   ///< "r1 = 24"; empty when no kernel was asked or that failed
  CoreStory story;
  std::string headline;  ///< "byte_off of struct task_struct::mm: 0 -> 2336"
};

/// Every CO-RE relocation of the object in the order of its functions, against the kernel types that `options` give (LoadOptions::btf_path or btf), or the running
/// kernel's. What is wrong with a single relocation is part of its story. Errors: those of reading the types.
Result<std::vector<CoreExplanation>> explain_core(const ObjectSpec& spec, const LoadOptions& options = {});

/// The same without any kernel: what the object asks for, by its own types.
std::vector<CoreExplanation> describe_core(const ObjectSpec& spec);

}  // namespace skep

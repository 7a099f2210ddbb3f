// A relocation told to people: what the code asks for, what there is on either side, which types were tried and why they did not fit. Made on demand only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "co_re/relocator.h"

namespace skep::co_re {

/// How one side sees what a relocation is about.
struct Layout {
  std::string type;          ///< C type of the field, or of the whole: "struct mm_struct *"
  u64 offset_bits = 0;       ///< fields
  u64 bytes = 0;             ///< of the field or type; 0 where it has no size, or for enumerators
  u32 bitfield_bits = 0;     ///< 0: no bitfield
  std::optional<s64> value;  ///< enumerators
};

/// A type of the kernel that has the wanted name.
struct CandidateStory {
  std::string target;  ///< "vmlinux", a module
  u32 type_id = 0;
  std::string type;  ///< "struct task_struct"
  bool fits = false;
  std::string why_not;  ///< "no member `state`; struct task_struct has `__state`"
  std::optional<Layout> layout;
};

struct Story {
  /// What comes of it.
  enum class Outcome : u8 {
    kept,     ///< the number is the same on this kernel
    changed,  ///< another number
    absent,   ///< it is not there, and the code is told so by 0
    poison,   ///< it is not there, and the instruction must not be reached
    error,    ///< the object or the kernel's types are not in order
  };
  u32 kind = 0;      ///< bpf_core_relo_kind
  std::string what;  ///< "struct task_struct::mm"
  Outcome outcome{};
  u64 before = 0;  ///< of the object's own types
  u64 after = 0;   ///< with kept, changed and absent
  std::optional<Layout> local;
  std::vector<CandidateStory> candidates;
  std::string reason;  ///< why it is absent, poison or an error: one sentence without a full stop; else empty
};

/// Never fails: what goes wrong is part of the story. The answer is that of Relocator::resolve.
Story tell(Relocator& relocator, const CoreRelocation& relocation);

/// "byte_off", "type_exists"; "kind 99" for what is newer than this skep.
std::string kind_text(u32 kind);

/// "byte_off of struct task_struct::mm: 2336 -> 2400", "type_exists of struct foo: 0 (this kernel has no struct foo)".
std::string headline(const Story& story);

/// The headline and, line by line, both layouts and each candidate. No trailing newline; lines after the first begin with `indent`.
std::string full_text(const Story& story, std::string_view indent);

/// "8 bytes at offset 2336, struct mm_struct *".
std::string layout_text(const Layout& layout, u32 kind);

}  // namespace skep::co_re

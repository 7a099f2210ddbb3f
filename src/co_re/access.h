// The way from a root type to what a relocation is about: members by name, array elements by number.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "co_re/types.h"
#include "skep/object_spec.h"

namespace skep::co_re {

/// How many numbers an access string may have, and how many members and elements a way may pass.
inline constexpr u32 max_steps = 64;

/// One turn of the way that C code spells out. Anonymous structs that are passed on the way are in none.
struct Step {
  u32 type_id = 0;        ///< the struct or union of a member; the element's own type; the enum
  u32 index = 0;          ///< of the member, element or enumerator
  std::string_view name;  ///< of the member or enumerator; empty for an element
};

/// A member that the way passes, anonymous ones too: what of a type has to be there.
struct MemberUse {
  u32 type_id = 0;
  u32 index = 0;
};

struct Access {
  u32 root_type_id = 0;
  std::vector<Step>
      steps;  ///< the first is the root itself as element (field), or the enumerator; none for types
  std::vector<MemberUse> members;  ///< fields only
  u64 offset_bits = 0;             ///< from the address that the code has; fields only

  /// Goes `number` elements of `bytes` each further. Errors: malformed, when that is no place in any memory.
  Result<void> advance(u64 bytes, u32 number);
};

/// Reads a record against the object's own types: "0:1:2" means element 0, member 1 of that, member 2 of that. Errors: malformed (a bad access string, a number
/// that is out of range, members of what has none), invalid (a type without a size), unsupported (a kind newer than this skep).
Result<Access> read_access(const Types& local, const CoreRelocation& relocation);

/// An array without a length at the end of its struct, which `steps` have just led to: it has elements all the same.
bool is_flexible(const Types& types, const std::vector<Step>& steps, const btf::Array& array);

/// ".a.b[3]" for people: the steps after the root.
std::string path_text(const std::vector<Step>& steps);

/// "struct task_struct::mm", "struct pair[2]::a", "enum pid_type::PIDTYPE_PID", "struct inode".
std::string access_text(const Types& types, const Access& access);

}  // namespace skep::co_re

// Our layouts as data, for the comparison with a kernel's BTF.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skep/types.h"

namespace skep {

/// One field of ours. `name` is the kernel's.
struct Field {
  std::string_view name;
  std::size_t offset;
  std::size_t bytes;
  bool is_arm;  ///< a struct inside: one of several that share these bytes
};

/// One struct of ours and where the kernel has it.
struct Layout {
  std::string_view kernel_type;  ///< a struct or union by name
  /// Members to follow from there, separated by dots; "~name" is the anonymous member that contains the field `name`. Empty: the type itself.
  std::string_view arm;
  std::string_view ours;  ///< our name of it, for messages
  std::size_t bytes;
  std::vector<Field> fields;
};

std::span<const Layout> attr_layouts();
std::span<const Layout> info_layouts();

/// One enumerator of ours.
struct EnumeratorRow {
  std::string_view kernel_enum;  ///< empty: any enum that has it
  std::string name;
  s64 value;
};

std::vector<EnumeratorRow> enumerator_rows();

}  // namespace skep

// Names as CO-RE sees them: what follows three underscores is a flavour, and does not count.
#pragma once

#include <string_view>

namespace skep::btf {

/// The name without its flavour: "task_struct" of "task_struct___old". A flavour follows the last three underscores that stand between two other characters,
/// so "a____b", "___x" and "x___" have none.
constexpr std::string_view essential_name(std::string_view name) {
  const auto is_flavour = [name](std::size_t at) {
    return at > 0 && at + 3 < name.size() && name[at - 1] != '_' && name[at + 1] == '_' &&
           name[at + 2] == '_' && name[at + 3] != '_';
  };
  // Three underscores in a row cover one place in three, so that most of a name need not be looked at: this runs for every name of a kernel.
  for (std::size_t at = name.size(); at >= 3;) {
    at -= 3;
    if (name[at] != '_') {
      continue;
    }
    for (const std::size_t start : {at, at - 1, at - 2}) {
      if (start <= at && name[start] == '_' && is_flavour(start)) {
        return name.substr(0, start);
      }
    }
  }
  return name;
}

}  // namespace skep::btf

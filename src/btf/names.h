// Names as CO-RE sees them: what follows three underscores is a flavour, and does not count.
#pragma once

#include <string_view>

namespace skep::btf {

/// The name without its flavour: "task_struct" of "task_struct___old". A flavour follows the last three underscores that stand between two other characters,
/// so "a____b", "___x" and "x___" have none.
constexpr std::string_view essential_name(std::string_view name) {
  constexpr std::string_view separator = "___";
  for (std::size_t at = name.rfind(separator); at != std::string_view::npos && at != 0;
       at = name.rfind(separator, at - 1)) {
    const std::size_t after = at + separator.size();
    if (after < name.size() && name[at - 1] != '_' && name[after] != '_') {
      return name.substr(0, at);
    }
  }
  return name;
}

}  // namespace skep::btf

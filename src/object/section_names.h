// Names of sections for people who mistyped one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skep::object {

/// The rows of the table that look like `section`, or like what stands before its first slash, best first.
std::vector<std::string> nearest_sections(std::string_view section);

}  // namespace skep::object

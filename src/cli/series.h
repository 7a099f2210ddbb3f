// Kernel series on the command line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"

namespace skep::cli {

/// The series of a list such as "5.10,6.1", each once. Errors: invalid (empty, or not of the form N.N).
Result<std::vector<std::string>> parse_series(std::string_view list);

}  // namespace skep::cli

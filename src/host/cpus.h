// How many CPUs a machine may ever have: the number of copies that a per-CPU map value has.
#pragma once

#include <string>
#include <string_view>

#include "skep/error.h"
#include "skep/types.h"

namespace skep::host {

/// The number of CPUs in a kernel list such as "0-3,5\n" (ranges and single numbers, ascending).
/// Errors: malformed, when the text is anything else, or names more than 2^20 CPUs. Source: kernel Documentation/admin-guide/cputopology.rst.
Result<u32> parse_cpu_list(std::string_view text);

/// Possible (not: online) CPUs, from <root>/sys/devices/system/cpu/possible. Errors: not_found, denied, malformed.
Result<u32> read_possible_cpus(const std::string& root);

}  // namespace skep::host

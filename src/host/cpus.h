// The CPUs of a machine: how many it may ever have, which is the number of copies of a per-CPU map value, and which are at work.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"
#include "skep/types.h"

namespace skep::host {

/// The number of CPUs in a kernel list such as "0-3,5\n" (ranges and single numbers, ascending).
/// Errors: malformed, when the text is anything else, or names more than 2^20 CPUs. Source: kernel Documentation/admin-guide/cputopology.rst.
Result<u32> parse_cpu_list(std::string_view text);

/// Possible (not: online) CPUs, from <root>/sys/devices/system/cpu/possible. Errors: not_found, denied, malformed.
Result<u32> read_possible_cpus(const std::string& root);

/// The numbers in such a list, ascending. Errors: as parse_cpu_list.
Result<std::vector<u32>> parse_cpu_numbers(std::string_view text);

/// The CPUs that are at work now, from <root>/sys/devices/system/cpu/online. Errors: not_found, denied, malformed.
Result<std::vector<u32>> read_online_cpus(const std::string& root);

}  // namespace skep::host

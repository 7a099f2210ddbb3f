// Names of kernel functions that a program calls: the kernel lists a program's instructions with addresses in place of helper numbers.
#pragma once

#include <map>
#include <span>
#include <string>

#include "skep/types.h"

namespace skep::cli {

/// For each distance from the kernel's `__bpf_call_base` in `distances`, the function there, e.g. "bpf_map_lookup_elem". Distances that name nothing, and all of
/// them where kernel addresses are hidden from this process, are left out. `text` is that of /proc/kallsyms.
std::map<s32, std::string> call_names(std::string_view text, std::span<const s32> distances);

}  // namespace skep::cli

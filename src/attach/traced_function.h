// Which functions of a BTF a tracing program can be put on.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "base/glob.h"
#include "btf/btf.h"
#include "skep/error.h"

namespace skep::attach {

/// Whether the kernel can build a trampoline for a FUNC: at most 12 parameters, no "...", and no struct returned by value.
bool can_be_traced(const btf::Btf& types, const btf::Type& function);

/// The ids of the functions of `types` (its own, not its base's) that the pattern describes, that can_be_traced(), and whose names are among `traceable`; each name once.
/// Errors: not_found (none).
Result<std::vector<u32>> find_traced(const btf::Btf& types, const Glob& pattern,
                                     const std::unordered_set<std::string>& traceable);

}  // namespace skep::attach

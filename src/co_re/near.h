// What there is instead of a name that is not there.
#pragma once

#include <string>
#include <vector>

#include "co_re/field.h"

namespace skep::co_re {

/// Members of the struct `id` (and of anonymous ones in it) that differ from `name` by underscores around it; where there are none, places in structs inside of it
/// that have a member of just this name ("thread_info.cpu"), then members that are called much like it. At most three.
std::vector<std::string> near_members(const Types& types, u32 id, std::string_view name);

/// Values of the enum `id` that are called much like `name`. At most three.
std::vector<std::string> near_values(const Types& types, u32 id, std::string_view name);

/// Types of the same kind as `like` that are called much like `name`. At most three. Looks at all types.
std::vector<std::string> near_types(const Types& types, btf::Kind like, std::string_view name);

}  // namespace skep::co_re

// How long a C++ name becomes when it is written out.
#pragma once

#include <string_view>

#include "skep/types.h"

namespace skep::host {

/// No more parts than this many are there in the name that `mangled` stands for: words, types, arguments. Each part is a few characters. A mangled name refers back to what stands in it
/// before, so that each reference can double what follows: 200 bytes can stand for gigabytes. Looked at once from left to right. The answer is too high where digits, letters of names and marks of the mangling can be taken for
/// each other, never too low; it stops at 2^40.
u64 most_parts(std::string_view mangled);

}  // namespace skep::host

// Programs judged one by one.
#pragma once

#include "skep/object_spec.h"

namespace skep::cli {

/// Leaves of `spec` what loading this program alone takes: no other program is loaded, and only the maps that it uses are created: those that its functions
/// name (guarded or not), the .kconfig of its externs, and the maps that such a map holds from the start.
void leave_only(ObjectSpec& spec, u32 program);

}  // namespace skep::cli

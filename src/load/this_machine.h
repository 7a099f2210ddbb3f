// The kernel that handles use when nobody gives them another.
#pragma once

#include "kernel/kernel.h"

namespace skep::load {

/// The kernel of this machine; lives as long as the process. Thread-safe.
kernel::Kernel& this_kernel();

}  // namespace skep::load

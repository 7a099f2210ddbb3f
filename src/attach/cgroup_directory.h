// The directory of a control group, by which it is named to the kernel.
#pragma once

#include <string>

#include "kernel/kernel.h"
#include "skep/error.h"
#include "skep/fd.h"

namespace skep::attach {

/// Opens the directory of a control group for reading. Errors: invalid (no path), not_found, denied (says which right it takes), kernel.
Result<Fd> open_cgroup(kernel::Kernel& kernel, const std::string& path);

}  // namespace skep::attach

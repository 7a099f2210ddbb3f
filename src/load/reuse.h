// Maps that outlive the process: found where they are pinned, used only when they are what the object declares.
#pragma once

#include "kernel/kernel.h"
#include "load/plan.h"
#include "skep/fd.h"

namespace skep::load {

/// Opens what is pinned at `want.pin_path`; an empty Fd when nothing is. Errors: busy, when a map of another kind or shape is there (the text says which field
/// differs, and how), or something else than a map; denied; kernel.
Result<Fd> open_compatible(kernel::Kernel& kernel, const MapPlan& want);

}  // namespace skep::load

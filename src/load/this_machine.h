// The machine that loading is for when nobody gives another.
#pragma once

#include "host/facts.h"
#include "kernel/kernel.h"
#include "skep/object.h"

namespace skep::load {

/// The kernel of this machine; lives as long as the process. Thread-safe.
kernel::Kernel& this_kernel();

/// What is known of this machine, with what `options` override. Reads nothing yet; `options.btf` must outlive its use.
host::Facts facts_for(const LoadOptions& options);

}  // namespace skep::load

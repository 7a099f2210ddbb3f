// BTF that the kernel holds.
#pragma once

#include <memory>

#include "btf/btf.h"
#include "kernel/kernel.h"

namespace skep::load {

/// The types with this id, for a map or program that somebody else made. Null where there are none (id 0) or they cannot be had (no rights):
/// what has no types is still worth showing. Since Linux 4.18.
std::shared_ptr<const btf::Btf> kernel_types(kernel::Kernel& kernel, u32 btf_id);

}  // namespace skep::load

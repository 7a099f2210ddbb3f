// Where in the kernel's own types a program attaches.
#pragma once

#include <string_view>

#include "btf/btf.h"
#include "skep/uapi/attach_type.h"

namespace skep::host {

/// The id in the kernel's BTF of what a program with this attach type attaches to: the function `name` itself (fentry, fexit, fmod_ret), or what stands for it:
/// "btf_trace_" (typed tracepoints), "bpf_lsm_" (security hooks), "bpf_iter_" (iterators).
/// Errors: not_found, with the nearest names that exist; invalid (an empty name).
Result<u32> find_attach_target(const btf::Btf& kernel_types, bpf_attach_type type, std::string_view name);

}  // namespace skep::host

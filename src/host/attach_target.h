// Where in the kernel's own types a program attaches.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.h"
#include "skep/uapi/attach_type.h"

namespace skep::host {

/// The lowest id of this kind and name among the types of `types` itself, not of its base.
std::optional<u32> find_own(const btf::Btf& types, std::string_view name, btf::Kind kind);

/// The id in the kernel's BTF of what a program with this attach type attaches to: the function `name` itself (fentry, fexit, fmod_ret), or what stands for it:
/// "btf_trace_" (typed tracepoints), "bpf_lsm_" (security hooks), "bpf_iter_" (iterators). In a module's BTF only the module's own are looked at.
/// Errors: not_found, with the nearest names that exist; invalid (an empty name).
Result<u32> find_attach_target(const btf::Btf& kernel_types, bpf_attach_type type, std::string_view name);

/// The same without a word where there is none.
std::optional<u32> seek_attach_target(const btf::Btf& kernel_types, bpf_attach_type type,
                                      std::string_view name);

/// Names of this kind in `types` (its own) that begin with `prefix` and are a typing error away from `name`, best first, without the prefix.
std::vector<std::string> near_names(const btf::Btf& types, btf::Kind kind, std::string_view prefix,
                                    std::string_view name);

}  // namespace skep::host

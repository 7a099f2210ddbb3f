// Why the kernel said EPERM. It does not tell; what the process may do, and what the machine forbids, is in procfs.
#pragma once

#include <string>

#include "skep/types.h"
#include "skep/uapi/map_type.h"
#include "skep/uapi/prog_type.h"

namespace skep::host {

/// What was refused.
struct DeniedCall {
  enum class What : u8 { btf_load, map_create, prog_load, other } what = What::other;
  bpf_map_type map_type{};    ///< of a map_create
  bpf_prog_type prog_type{};  ///< of a prog_load
};

/// Which rights are missing for `call`, as sentences for a person, most probable cause first; never empty. Looks at the effective capabilities,
/// user namespace, seccomp filter and memlock limit of this process, and at kernel.unprivileged_bpf_disabled, the kernel's version and
/// lockdown, all under `root` ("" for this machine). What cannot be read is not spoken of.
std::string explain_denied(const DeniedCall& call, const std::string& root = {});

}  // namespace skep::host

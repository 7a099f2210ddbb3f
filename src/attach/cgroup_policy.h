// Why a cgroup refuses programs to those who have the rights: what is attached to it and to the cgroups above.
#pragma once

#include <string>

#include "kernel/kernel.h"
#include "skep/error.h"
#include "skep/uapi/attach_type.h"

namespace skep::attach {

/// `error`, and if it is the kernel's EPERM and programs of this cgroup or of one above are the reason: busy, with the cgroup, its program and how that was attached. `flags` is how the new one was to be
/// attached: BPF_F_ALLOW_MULTI, BPF_F_ALLOW_OVERRIDE or 0. Asks the kernel, and where that is refused too it is a matter of rights and the error stays as it is.
/// The rule: programs of one cgroup's hook are attached with the same of these flags; below a cgroup with a program there is room for others only with either flag of that one.
Error with_cgroup_policy(Error error, kernel::Kernel& kernel, const std::string& path, bpf_attach_type type,
                         u32 flags);

}  // namespace skep::attach

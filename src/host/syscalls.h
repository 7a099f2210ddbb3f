// The kernel functions behind system calls, whose names depend on the architecture and the kernel's age.
#pragma once

#include <string>

#include "host/facts.h"

namespace skep::host {

/// Whether such functions take their arguments in a struct of registers, and are called after the architecture: x86-64 since Linux 4.17, arm64 4.19, s390x 4.17, riscv 6.6.
/// From the kernel's types or symbols. Errors: as Facts::kernel_symbols().
Result<bool> has_syscall_wrapper(const Facts& facts);

/// The function behind the system call `name` ("unlinkat"): "__x64_sys_unlinkat", or "__se_sys_unlinkat" where there are no wrappers.
/// Errors: as has_syscall_wrapper().
Result<std::string> syscall_function(const Facts& facts, std::string_view name);

}  // namespace skep::host

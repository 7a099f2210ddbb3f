// What the kernel was built without, by its configuration.
#pragma once

#include "attach/refusal.h"

namespace skep::attach {

/// The error as unsupported, where the kernel's configuration is known and lacks what `needs` names: "needs CONFIG_FPROBE, which this kernel was built without". Other errors pass.
Error with_configuration(Error error, const host::Facts& facts, const Needs& needs);

/// Says so when security hooks of BPF programs are never called: the kernel runs without the module "bpf" (lsm= on its command line, CONFIG_LSM). `root`: where sysfs is.
Result<void> check_security_module(const std::string& root);

}  // namespace skep::attach

// What a link is attached to, from what the kernel tells of it, in one line.
#pragma once

#include <string>

#include "kernel/kernel.h"
#include "skep/fd.h"
#include "skep/uapi/info_link.h"

namespace skep::attach {

/// "raw_tracepoint sched_switch", "tcx_ingress device 2 (eth0 here)", ... `info` is the kernel's first answer; names are asked for by further calls, and left out where they
/// cannot be had.
std::string link_target(kernel::Kernel& kernel, const Fd& link, const bpf_link_info& info);

}  // namespace skep::attach

// Which rights each kind of program and map takes, beside CAP_BPF, since Linux 5.8; before, CAP_SYS_ADMIN stands for all of them.
#pragma once

#include "skep/types.h"
#include "skep/uapi/map_type.h"
#include "skep/uapi/prog_type.h"

namespace skep::host {

/// CAP_PERFMON: programs that read kernel memory.
bool needs_perfmon(bpf_prog_type type);
/// CAP_NET_ADMIN: programs and maps of the network.
bool needs_net_admin(bpf_prog_type type);
bool needs_net_admin(bpf_map_type type);
/// Loadable without CAP_BPF where kernel.unprivileged_bpf_disabled is 0.
bool needs_no_bpf_capability(bpf_prog_type type);

}  // namespace skep::host

// Network namespaces: programs that dissect packets, or choose the socket that a packet goes to.
#pragma once

#include "skep/net.h"
#include "skep/uapi/attach_type.h"

namespace skep {

/// A network namespace: a path like /run/netns/blue or /proc/17/ns/net, or a name of `ip netns` ("blue"); empty: this thread's.
struct NetnsTarget {
  std::string space;
};

/// Attaches a program of section sk_lookup. Errors: not_found (no such namespace), unsupported (needs Linux 5.9), denied, kernel.
Result<Link> attach_sk_lookup(const Program& program, const NetnsTarget& target = {},
                              const AttachOptions& options = {});
/// Attaches a program of section flow_dissector. Before Linux 5.7 by BPF_PROG_ATTACH, to this thread's namespace alone. Errors: not_found, busy (EEXIST: there is one, here or in the initial namespace),
/// unsupported, denied, kernel. Since Linux 4.20.
Result<Link> attach_flow_dissector(const Program& program, const NetnsTarget& target = {},
                                   const AttachOptions& options = {});
/// The programs of a namespace's hook: BPF_SK_LOOKUP (5.9) or BPF_FLOW_DISSECTOR. Errors: not_found, unsupported, denied, kernel.
Result<ProgramList> query_netns(const NetnsTarget& target, bpf_attach_type type);

}  // namespace skep

// Tracepoints: the stable events of tracefs, whose format files describe what the program finds in its context. Without that copy: raw_tracepoint.h and tracing.h (tp_btf).
#pragma once

#include <string>

#include "skep/attach.h"

namespace skep {

/// Which event.
struct TracepointTarget {
  std::string category;  ///< "sched"
  std::string name;      ///< "sched_switch"
  u64 cookie = 0;        ///< what bpf_get_attach_cookie() answers; since Linux 5.15
};

/// Attaches a program of section tp or tracepoint. Errors: not_found (no such event, with the nearest; tracefs not mounted), unsupported (a cookie before 5.15), invalid (the program
/// reads more of the context than the event has), denied, kernel. Since Linux 4.7.
Result<Link> attach_tracepoint(const Program& program, const TracepointTarget& target,
                               const AttachOptions& options = {});

}  // namespace skep

// Raw tracepoints: a tracepoint's arguments as the kernel passes them, without the copy that tracefs describes.
#pragma once

#include "skep/attach.h"

namespace skep {

/// Where a raw tracepoint program goes.
struct RawTracepointTarget {
  std::string name;  ///< "sched_switch": no category
  u64 cookie = 0;    ///< what bpf_get_attach_cookie() answers; since Linux 6.10
};

/// Attaches a program of section raw_tp, raw_tracepoint, or their writable forms. Errors: not_found (no such tracepoint), invalid (a writable program that writes
/// past what the tracepoint permits), unsupported (a cookie before 6.10), denied, kernel. Since Linux 4.17.
Result<Link> attach_raw_tracepoint(const Program& program, const RawTracepointTarget& target,
                                   const AttachOptions& options = {});

}  // namespace skep

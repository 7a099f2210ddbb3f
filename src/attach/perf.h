// A program on a perf event: kprobes, uprobes, tracepoints and perf_event programs end here.
#pragma once

#include "attach/attachment.h"
#include "host/facts.h"
#include "kernel/kernel.h"
#include "skep/program.h"

namespace skep::attach {

/// Puts `program` on `event` and starts it: by a link object (Linux 5.15), or by ioctl(2) before. `undo` becomes the attachment's, and runs on failure too.
/// Errors: unsupported (a cookie on a kernel without links to perf events), invalid (EINVAL: a program of another type, or one that does not fit the event), denied, busy, kernel.
Result<std::unique_ptr<Attachment>> attach_perf_event(const Program& program, Fd event, u64 cookie,
                                                      const host::Facts& facts, Undo undo = {});

}  // namespace skep::attach

// The perf event of a uprobe.
#pragma once

#include "attach/attachment.h"
#include "kernel/kernel.h"
#include "skep/uprobe.h"

namespace skep::attach {

/// One probe, as the kernel takes it.
struct UprobeEvent {
  std::string path;
  u64 offset = 0;
  u64 semaphore_offset = 0;
  bool is_return = false;
  s32 pid = -1;  ///< as perf_event_open(2) wants it
  ProbeMethod method = ProbeMethod::automatic;
};

/// A perf event that is not started yet, and what is to be done when it is closed.
struct OpenEvent {
  Fd event;
  Undo undo;
};

/// Errors: unsupported (uprobes are not in this kernel; a semaphore before 4.20), invalid, denied, not_found, kernel.
Result<OpenEvent> open_uprobe_event(kernel::Kernel& kernel, const std::string& root, const UprobeEvent& want);

/// Opens the event and puts `program` on it. `after` is done when it is closed again, also on failure. Errors: as above, and as attach_perf_event().
Result<std::unique_ptr<Attachment>> attach_uprobe_event(const Program& program, const UprobeEvent& want,
                                                        u64 cookie, const AttachOptions& options,
                                                        Undo after = {});

}  // namespace skep::attach

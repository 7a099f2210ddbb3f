// Perf events for probes: opened, and where perf has no probes of its own made from a line in tracefs.
#pragma once

#include <string>
#include <string_view>

#include "attach/attachment.h"
#include "host/tracefs.h"
#include "kernel/kernel.h"

struct perf_event_attr;  // <linux/perf_event.h>

namespace skep::attach {

/// perf_event_open(2). Errors: as fail_errno(); a refusal of rights speaks of kernel.perf_event_paranoid.
Result<Fd> open_event(kernel::Kernel& kernel, ::perf_event_attr& attr, const kernel::PerfEventPlace& place,
                      std::string_view what);

/// A perf event of the tracepoint with this number.
Result<Fd> open_tracepoint(kernel::Kernel& kernel, u64 id, const kernel::PerfEventPlace& place);

/// An event that was made by a line of text, and how to take the line away again.
struct ProbeEvent {
  Fd event;
  Undo undo;
};

/// Adds the line `wanted` to `list` ("kprobe_events" or "uprobe_events") of tracefs, after having taken away what processes that have died left there, and opens a perf event of it.
/// A name that somebody has is exchanged for the next. On failure the line is gone again. Errors: not_found (no tracefs; ENOENT: the kernel knows no such place), invalid, denied, kernel.
Result<ProbeEvent> make_probe_event(kernel::Kernel& kernel, const std::string& root, std::string_view list,
                                    const host::ProbeLine& wanted,
                                    const kernel::PerfEventPlace& place = {.pid = -1, .cpu = 0});

/// Takes away the probes in the text of kprobe_events or uprobe_events that processes of this PID namespace made which are no more. The names, as "-:skep/p12_f0000001_0_f".
std::vector<std::string> stale_probes(std::string_view list_text, const std::string& root);

}  // namespace skep::attach

// struct_ops: tables of programs that the kernel calls as if they were its own functions: TCP congestion control, schedulers (sched_ext), queueing disciplines. The map of
// a variable of `SEC(".struct_ops")` or `SEC(".struct_ops.link")` is what is attached, not its programs. Since Linux 5.6.
#pragma once

#include "skep/attach.h"
#include "skep/map.h"

namespace skep {

/// Registers the table. The Link's destruction takes it back; what uses it (a socket, a queue) keeps it as long as it does. Of `.struct_ops.link` a link of the kernel
/// is made (since Linux 6.4), which can be pinned and updated; of `.struct_ops`, and on older kernels, the registration is taken back by this process or stays until
/// somebody deletes the map's element. Errors: invalid (no struct_ops; one of its programs was not loaded; the kernel does not take a value of it), busy (it is registered
/// already), kernel (EEXIST: a table of that name is), denied, unsupported.
Result<Link> attach_struct_ops(const Map& map, const AttachOptions& options = {});

/// Puts another table in the place of the one that `link` holds, atomically. Both must be of `.struct_ops.link` and of one type, and the kernel's type must allow it
/// (tcp_congestion_ops does: the new one has the same name). Errors: unsupported (this type cannot be updated; the link is none of the kernel's), invalid, kernel. Since Linux 6.4.
Result<void> update_struct_ops(const Link& link, const Map& replacement);

}  // namespace skep

// Attachments by BPF_PROG_ATTACH: the older way, which leaves the program there when its maker dies.
#pragma once

#include "attach/attachment.h"
#include "kernel/link.h"
#include "kernel/prog.h"

namespace skep::attach {

/// How to be attached by BPF_PROG_ATTACH.
struct ProgAttachment {
  Fd target;  ///< the cgroup, map, namespace or device; none: 0
  bpf_attach_type type{};
  u32 flags = 0;        ///< BPF_F_ALLOW_MULTI, ...
  int replace_fd = -1;  ///< with BPF_F_REPLACE
  kernel::ListPosition position;
  /// What update() does: nothing there; names the program to replace (cgroups with many programs, 5.6); or just attaches over it.
  enum class Replace : u8 { cannot, by_name, over } replace = Replace::cannot;
};

/// Attaches. The program's descriptor is duplicated, so that it can be named when it is detached. Errors: as kernel::prog_attach().
Result<std::unique_ptr<Attachment>> attach_prog(const Program& program, ProgAttachment how);

}  // namespace skep::attach

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
  /// `over` is for places with room for one program, where the kernel asks neither whom an attachment replaces nor whom it detaches: who is there is looked at before each, and others are let be.
  enum class Replace : u8 { cannot, by_name, over } replace = Replace::cannot;
  u32 replaces_id =
      0;  ///< with `over`: attach in the place of the program with this id alone; 0: the place must be free
  Fd asked;  ///< with `over`: what BPF_PROG_QUERY wants to be told, where that is not `target`
};

/// Attaches. The program's descriptor is duplicated, so that it can be named when it is detached. Errors: as kernel::prog_attach(); with Replace::over busy (another program is there) and not_found
/// (none is, to take the place of). Kernels that cannot be asked (EINVAL: socket maps before 5.15) replace whatever is there.
Result<std::unique_ptr<Attachment>> attach_prog(const Program& program, ProgAttachment how);

}  // namespace skep::attach

// Positions in lists of programs, as the kernel takes them, and lists as it tells them.
#pragma once

#include "kernel/link.h"
#include "skep/net.h"
#include "skep/uapi/attach_type.h"

namespace skep::attach {

/// A ListPlace in the kernel's terms.
struct KernelPlace {
  u32 flags = 0;  ///< BPF_F_BEFORE, BPF_F_AFTER, BPF_F_LINK, BPF_F_ID
  kernel::ListPosition position;
  /// False for "at the end, whatever the list is": what kernels without lists do.
  bool is_special() const { return flags != 0 || position.expected_revision != 0; }
};

/// Errors: invalid (before or after nothing, or more than one thing; first or last with an anchor; a link without a descriptor).
Result<KernelPlace> kernel_place(const ListPlace& place);

/// The programs at a place. `target` is a descriptor or a device's index. `subject` is for errors. Errors: denied, not_found, kernel.
Result<ProgramList> list_programs(kernel::Kernel& kernel, int target, bpf_attach_type type, u32 query_flags,
                                  std::string_view subject);

/// `error`, with the list's present revision if it was the expected one that was wrong (ESTALE), and with what the anchor is if there is no such (ENOENT).
Error with_list(Error error, kernel::Kernel& kernel, int target, bpf_attach_type type,
                const ListPlace& place);

}  // namespace skep::attach

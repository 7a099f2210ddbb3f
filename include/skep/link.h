// One attachment of a program, as a value. Thread-safety: like a pointer; one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"
#include "skep/fd.h"
#include "skep/types.h"
#include "skep/uapi/link_type.h"

namespace skep {

namespace kernel {
class Kernel;
}
namespace attach {
class Attachment;
}
class Program;

/// What the kernel says of a link. Since Linux 5.8.
struct LinkInfo {
  u32 id = 0;
  bpf_link_type type{};
  u32 program_id = 0;  ///< 0 for struct_ops, whose link holds a map
  std::string
      target;  ///< one line: "kprobe do_unlinkat+0x0", "xdp device 2 (eth0 here)"; empty where this kernel does not tell
};

/// One attachment. Move-only; destroying it detaches, unless it was pinned or released, or the process is another than the one that made it: a child of fork(2) lets its parent's attachments be, and
/// detaches them by detach() alone.
class Link {
 public:
  /// Made by the attach functions. `place` is what it is attached to, in words.
  Link(std::unique_ptr<attach::Attachment> attachment, std::string place);
  Link(Link&&) noexcept;
  Link& operator=(Link&&) noexcept;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link();

  /// What it is attached to, in words: "kprobe do_unlinkat", "xdp on eth0". Stays after detaching.
  std::string_view place() const { return place_; }
  /// Of the kernel's link object. Holds none where the kernel has no such object (a clsact filter, BPF_PROG_ATTACH, an old kernel's perf event), or several.
  const Fd& fd() const;
  /// False after detach(), release() and a move.
  bool is_attached() const { return attachment_ != nullptr; }

  /// Detaches now, and says if that failed; then it counts as detached all the same. A pinned link is unpinned first. A second call does nothing.
  /// Errors: denied, kernel.
  Result<void> detach();
  /// Leaves it attached: for good where the kernel keeps it without us (netlink filters, BPF_PROG_ATTACH) or it is pinned, else as long as this process lives.
  void release();

  /// Keeps it under `path` in the BPF file system (whose directory must exist), so that it outlives this process. Errors: unsupported (the kernel has no link
  /// object for it), invalid (pinned already, or detached), denied, not_found, kernel (EEXIST).
  Result<void> pin(const std::string& path);
  /// Takes that back; the link stays attached. A pin that somebody took away, and what somebody else pinned under the same path since, is no error and is let be. Errors: invalid (not pinned), denied.
  Result<void> unpin();
  /// Where it is pinned; empty: it is not, as far as this handle knows.
  std::string_view pin_path() const { return pin_path_; }

  /// Puts another program in its place, atomically: no event is missed or seen twice. Errors: unsupported (this kind cannot), invalid (another type of
  /// program; detached), kernel. Since Linux 5.7 (cgroups), see docs/attach.md for the rest.
  Result<void> update(const Program& replacement);
  /// What the kernel says. Errors: unsupported (no link object, or Linux before 5.8), invalid (detached), kernel.
  Result<LinkInfo> info() const;

  /// Opens a link that is pinned. Destroying the handle leaves it attached; detach() takes the pin away and detaches. Errors: not_found, denied, invalid (no link).
  static Result<Link> open_pinned(const std::string& path);
  /// Opens a link by its id. Destroying the handle leaves it attached. Errors: not_found, denied (CAP_SYS_ADMIN). Since Linux 5.8.
  static Result<Link> open_id(u32 id);
  /// The same on another kernel than this machine's.
  static Result<Link> open_pinned(kernel::Kernel& kernel, const std::string& path);
  static Result<Link> open_id(kernel::Kernel& kernel, u32 id);

  /// The kernel that it is attached in; null where that has no link object, and when it is detached.
  kernel::Kernel* kernel() const;

  /// For combining: gives the attachment away, and is detached from then on as far as this handle goes.
  std::unique_ptr<attach::Attachment> take();

 private:
  void drop();

  std::unique_ptr<attach::Attachment> attachment_;
  int process_;  // that made it
  std::string place_;
  std::string pin_path_;
};

/// The ids of all links of the system, ascending. Errors: denied (CAP_SYS_ADMIN), unsupported (before 5.8), kernel.
Result<std::vector<u32>> link_ids();
Result<std::vector<u32>> link_ids(kernel::Kernel& kernel);

}  // namespace skep

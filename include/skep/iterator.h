// Iterators: programs that run once for every object of a kind (tasks, maps, cgroups, sockets, ...) when a file is read, and write what that file contains.
#pragma once

#include <optional>
#include <string>

#include "skep/attach.h"
#include "skep/map.h"

namespace skep {

/// What narrows the walk. At most one of map, task and cgroup, as goes with the iterator; none: everything there is.
struct IteratorTarget {
  const Map* map =
      nullptr;  ///< bpf_map_elem, bpf_sk_storage_map, sockmap: the map to walk. It must outlive the call, not the link

  u32 thread = 0;   ///< task, task_file, task_vma: this thread; since Linux 6.1
  u32 process = 0;  ///< or the threads of this process; since Linux 6.1

  /// Which control groups of a hierarchy.
  enum class CgroupOrder : u8 {
    itself = 1,         ///< the one
    descendants_first,  ///< it and all below it, parents before children
    descendants_last,   ///< it and all below it, children before parents
    ancestors,          ///< it and all above it
    children,           ///< those directly below it; since Linux 7.0
  };
  std::string cgroup;  ///< cgroup: the directory to start at; since Linux 6.1
  CgroupOrder cgroup_order = CgroupOrder::descendants_first;
};

/// Attaches a program of section iter or iter.s. Nothing runs before a file of the link is read. Pinning the link makes such a file of the pin: every `cat` of it is a walk.
/// Errors: unsupported (before Linux 5.8; a target that this kernel does not know), invalid (the iterator wants a map, or has no use for the target), not_found (no such cgroup), denied, kernel.
Result<Link> attach_iterator(const Program& program, const IteratorTarget& target = {},
                             const AttachOptions& options = {});

/// One walk in progress. Move-only.
class IteratorReader {
 public:
  /// Begins a walk. Errors: invalid (the link is no iterator's, or detached), unsupported (no link object), kernel.
  static Result<IteratorReader> open(const Link& link);

  /// The next piece of what the program writes, at most 64 KiB; nothing at the end. Errors: kernel (the program's writes did not fit: E2BIG, EAGAIN: interrupted too often).
  Result<std::optional<std::string>> next();
  /// The file, for whoever reads on his own.
  const Fd& fd() const { return file_; }

 private:
  IteratorReader(kernel::Kernel& kernel, Fd file) : kernel_(&kernel), file_(std::move(file)) {}

  kernel::Kernel* kernel_;
  Fd file_;
};

/// The whole text of one walk. Errors: as IteratorReader.
Result<std::string> read_iterator(const Link& link);

}  // namespace skep

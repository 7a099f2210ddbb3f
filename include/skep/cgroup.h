// Control groups: programs that see and decide about the sockets, packets, devices and sysctls of the processes in a cgroup.
#pragma once

#include "skep/net.h"
#include "skep/uapi/attach_type.h"

namespace skep {

/// Where to attach.
struct CgroupTarget {
  /// By link: one that goes when we do, since Linux 5.7. By BPF_PROG_ATTACH: one that stays with the cgroup, on any kernel.
  enum class Way : u8 { link_or_prog_attach, link, prog_attach };
  std::string path;  ///< the cgroup's directory: "/sys/fs/cgroup/system.slice"; of cgroup v2
  std::optional<bpf_attach_type>
      type;  ///< which hook, where the section leaves it open (cgroup/skb); absent: what the program was loaded for
  ListPlace place;        ///< since Linux 6.18 anything but Where::last
  bool preorder = false;  ///< run before the programs of cgroups below (6.15)
  Way way = Way::link_or_prog_attach;
  /// By BPF_PROG_ATTACH: programs of cgroups below run as well (BPF_F_ALLOW_MULTI, as links do), or replace this one (BPF_F_ALLOW_OVERRIDE). With override_ and none the cgroup itself has
  /// room for one program: another there is busy, unless `replaces` names it.
  enum class Below : u8 { multi, override_, none };
  Below below = Below::multi;
  const Program* replaces = nullptr;  ///< by BPF_PROG_ATTACH: take this one's place (with Below::multi: 5.6)
};

/// Attaches a program to a cgroup (sections cgroup/*, cgroup_skb/*, sockops). Errors: not_found (no such cgroup; no such anchor), invalid (no directory of cgroup v2; no hook named), unsupported (the
/// hook or the position needs a later Linux, which the text names), denied (CAP_NET_ADMIN; CAP_SYS_ADMIN for devices), busy (a program of this cgroup, or of
/// one above, leaves no room: the text names both), kernel.
Result<Link> attach_cgroup(const Program& program, const CgroupTarget& target,
                           const AttachOptions& options = {});

/// The programs attached to a cgroup's hook; with `effective` those that run for its processes: also of the cgroups above. Errors: not_found, invalid, unsupported, denied, kernel. Since Linux 4.15.
Result<ProgramList> query_cgroup(const std::string& path, bpf_attach_type type, bool effective = false);

}  // namespace skep

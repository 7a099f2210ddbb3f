// What the network families share: how a device is named, a position in a list of programs, and what stands in such a list.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skep/attach.h"
#include "skep/map.h"

namespace skep {

/// A network device of this thread's network namespace, by index where that is not 0, else by name (an alternative name too, since Linux 5.5).
struct NetDevice {
  std::string name;
  u32 index = 0;
};

/// The devices of this thread's network namespace, by index. Errors: denied, kernel.
Result<std::vector<NetDevice>> network_devices();

/// Where in a list of programs the new one goes: at an end, or by another that is there already. The other is told by its handle or its id, one of the four. Places with lists:
/// tcx (Linux 6.6), netkit (6.7), cgroups (6.18).
struct ListPlace {
  enum class Where : u8 { last, first, before, after };
  Where where = Where::last;
  const Program* program = nullptr;  ///< before or after this program
  const Link* link = nullptr;        ///< or this link, which must be one of the kernel's
  u32 program_id = 0;                ///< or the program with this id
  u32 link_id = 0;                   ///< or the link with this id
  u64 expected_revision =
      0;  ///< fail (kernel, ESTALE) unless the list's revision is this, as query_tcx() and its kin tell it; 0: whatever it is
};

/// One program in such a list.
struct ListedProgram {
  u32 program_id = 0;
  u32 link_id =
      0;  ///< 0: attached without a link, or not told: only the lists of tcx and netkit tell links, those of cgroups, namespaces and socket maps do not
  u32 flags = 0;  ///< cgroups: BPF_F_ALLOW_MULTI, BPF_F_ALLOW_OVERRIDE, BPF_F_PREORDER (6.0)
};

/// The programs at one place, in the order in which they run.
struct ProgramList {
  std::vector<ListedProgram> programs;
  u64 revision = 0;  ///< counts changes; 0 where this kernel or place does not
};

}  // namespace skep

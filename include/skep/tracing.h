// Programs that were loaded for their target: at kernel functions (fentry, fexit, fmod_ret, fsession), typed tracepoints (tp_btf), security hooks (lsm, lsm_cgroup), functions of
// other programs (freplace). Where they go was said by section (or ProgramSpec::attach_target) and resolved when they were loaded; attaching switches them on.
#pragma once

#include <string>
#include <vector>

#include "skep/attach.h"

namespace skep {

/// What can be said when such a program is attached.
struct TracingTarget {
  u64 cookie = 0;  ///< what bpf_get_attach_cookie() answers; since Linux 6.0 (tp_btf: 6.10)
};

/// Attaches a program of section fentry, fexit, fmod_ret, fsession, tp_btf or lsm to what it was loaded for. Errors: unsupported (a cookie on an older kernel; for lsm a kernel that runs
/// without the security module bpf; an architecture without trampolines), busy (the function is traced in a way that excludes this), denied, invalid (another kind of program), kernel.
Result<Link> attach_tracing(const Program& program, const TracingTarget& target = {},
                            const AttachOptions& options = {});

/// Which functions of the kernel or of one module.
struct TracingMultiTarget {
  std::string
      pattern;  ///< a name, or a pattern with * and ?, of functions that have a type and can be traced
  std::string
      module;  ///< the name of a module, exactly; empty: the kernel's own. The program was loaded for the same
  std::vector<u32> function_ids;  ///< or their ids in that BTF
  std::vector<u64> cookies;       ///< empty, or one for each of `function_ids`
};

/// Attaches a program of section fentry.multi, fexit.multi or fsession.multi to many functions by one link. Errors: unsupported (before Linux 7.2), not_found (no function fits the pattern),
/// invalid, denied, kernel.
Result<Link> attach_tracing_multi(const Program& program, const TracingMultiTarget& target,
                                  const AttachOptions& options = {});

/// Which control group.
struct LsmCgroupTarget {
  std::string cgroup;  ///< its directory: "/sys/fs/cgroup/system.slice"
};

/// Attaches a program of section lsm_cgroup: its hook's decisions for the processes of a control group and those below. Errors: unsupported (before Linux 6.0, or a kernel that runs without
/// the security module bpf), not_found (no such directory), invalid (it is no control group), denied, busy, kernel.
Result<Link> attach_lsm_cgroup(const Program& program, const LsmCgroupTarget& target,
                               const AttachOptions& options = {});

/// Which function of which program an freplace program takes the place of.
struct FreplaceTarget {
  const Program* program = nullptr;  ///< null: what it was loaded for
  std::string
      function;  ///< a global function of it, or its entry; its types must be those of the function it was loaded for
  u64 cookie = 0;  ///< since Linux 6.0
};

/// Attaches a program of section freplace. Another target than it was loaded for takes Linux 5.10. Errors: unsupported, not_found (the target has no such function; with the nearest names),
/// invalid (the function's types differ), busy (the function is replaced already), denied, kernel.
Result<Link> attach_freplace(const Program& program, const FreplaceTarget& target = {},
                             const AttachOptions& options = {});

}  // namespace skep

#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/cgroup_directory.h"
#include "attach/configured.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "kernel/link.h"
#include "skep/tracing.h"

namespace skep {

Result<Link> attach_lsm_cgroup(const Program& program, const LsmCgroupTarget& target,
                               const AttachOptions& options) {
  const std::string noun = cat("lsm_cgroup ", program.traits().attach_target, " on ", target.cgroup);
  if (target.cgroup.empty()) {
    return fail(Errc::invalid,
                "lsm_cgroup: want the directory of a control group, such as /sys/fs/cgroup/system.slice");
  }
  SKEP_CHECK_IN(noun, attach::check_security_module(options.root));
  SKEP_TRY_IN(noun, const Fd cgroup, attach::open_cgroup(program.kernel(), target.cgroup));
  auto link = kernel::link_create(
      program.kernel(), {.prog_fd = program.fd().raw(), .type = BPF_LSM_CGROUP, .target_fd = cgroup.raw()});
  if (link) {
    return attach::make_kernel_link(program.kernel(), *std::move(link), noun);
  }
  if (link.error().sys_errno() == EBADF) {
    return fail(Errc::invalid, cat(noun, ": the directory is no control group of cgroup v2"));
  }
  const host::Facts facts = attach::facts_for(program, options);
  constexpr attach::Needs needs{
      .noun = "lsm_cgroup", .since = {6, 0}, .config = "CONFIG_BPF_LSM", .rights_of = BPF_PROG_TYPE_LSM};
  return std::unexpected(
      attach::with_configuration(attach::with_reason(std::move(link).error(), facts, options, needs), facts,
                                 needs)
          .within(noun));
}

}  // namespace skep

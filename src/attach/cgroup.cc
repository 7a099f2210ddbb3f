#include "skep/cgroup.h"

#include <cerrno>

#include "attach/by_section.h"
#include "attach/cgroup_directory.h"
#include "attach/cgroup_policy.h"
#include "attach/list_place.h"
#include "attach/prog_attach.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "kernel/info.h"
#include "load/this_machine.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace {

constexpr attach::Needs link_needs{.noun = "cgroup links", .since = {5, 7}, .config = "CONFIG_CGROUP_BPF"};
constexpr attach::Needs list_needs{.noun = "positions among a cgroup's programs", .since = {6, 18}};
constexpr attach::Needs preorder_needs{.noun = "programs that run before those of cgroups below",
                                       .since = {6, 15}};

bool is_cgroup_hook(bpf_attach_type type) {
  return name_of(attach_type_names, type).starts_with("cgroup_") || type == BPF_LSM_CGROUP;
}

/// Which hook: told, or what the program was loaded for.
Result<bpf_attach_type> hook_of(const Program& program, const CgroupTarget& target) {
  const bpf_attach_type loaded = program.traits().expected_attach_type;
  if (!target.type && program.traits().type == BPF_PROG_TYPE_CGROUP_SKB &&
      program.traits().section == "cgroup/skb") {
    return fail(
        Errc::invalid,
        cat("program '", program.name(),
            "': section cgroup/skb leaves the hook open: say cgroup_inet_ingress or cgroup_inet_egress"));
  }
  // Programs whose attach type was left out at loading (older kernels) have 0 there, the ingress hook's number.
  const bpf_attach_type type = target.type.value_or(
      program.traits().type == BPF_PROG_TYPE_SOCK_OPS                     ? BPF_CGROUP_SOCK_OPS
      : program.traits().type == BPF_PROG_TYPE_CGROUP_DEVICE              ? BPF_CGROUP_DEVICE
      : program.traits().type == BPF_PROG_TYPE_CGROUP_SOCK && loaded == 0 ? BPF_CGROUP_INET_SOCK_CREATE
                                                                          : loaded);
  if (!is_cgroup_hook(type)) {
    return fail(Errc::invalid, cat("program '", program.name(), "': ", name_of(attach_type_names, type),
                                   " is no hook of cgroups"));
  }
  return type;
}

Error explained(Error error, const std::string& place) {
  if (error.sys_errno() == EBADF) {
    return Error(Errc::invalid, cat(place, ": it is no directory of a cgroup v2 file system"), EBADF);
  }
  return std::move(error).within(place);
}

/// What is asked of the kernel beyond the plainest attachment.
attach::Needs needs_of(const attach::KernelPlace& at, const CgroupTarget& target) {
  return at.is_special() ? list_needs : target.preorder ? preorder_needs : link_needs;
}

/// Kernels without lists pass over a position and attach at the end, and those before 6.15 pass over BPF_F_PREORDER: nothing of the kind must be asked of them.
/// A kernel that keeps an order tells a revision; distributions have it in older releases too.
Result<void> check_position(kernel::Kernel& kernel, const Fd& cgroup, bpf_attach_type type,
                            const attach::KernelPlace& at, const CgroupTarget& target,
                            const host::Facts& facts, const std::string& place) {
  if (!at.is_special() && !target.preorder) {
    return {};
  }
  const attach::Needs needs = needs_of(at, target);
  SKEP_TRY(const ProgramList list, attach::list_programs(kernel, cgroup.raw(), type, 0, place));
  if (list.revision != 0 || (!at.is_special() && !attach::is_before(facts, needs.since))) {
    return {};
  }
  const auto release = facts.release();
  return fail(Errc::unsupported,
              cat(place, ": ", needs.noun, ": needs Linux ", host::text_of(needs.since),
                  release ? cat(" (this is ", host::text_of(*release), ")") : std::string()));
}

Result<Fd> create_link(const Program& program, const Fd& cgroup, bpf_attach_type type,
                       const attach::KernelPlace& at, u32 flags) {
  const kernel::LinkCreate want{
      .prog_fd = program.fd().raw(), .type = type, .target_fd = cgroup.raw(), .flags = at.flags | flags};
  return at.is_special() ? kernel::link_create_cgroup(program.kernel(), want, at.position)
                         : kernel::link_create(program.kernel(), want);
}

u32 below_flag(CgroupTarget::Below below) {
  switch (below) {
    case CgroupTarget::Below::multi: return BPF_F_ALLOW_MULTI;
    case CgroupTarget::Below::override_: return BPF_F_ALLOW_OVERRIDE;
    case CgroupTarget::Below::none: return 0;
  }
  return 0;
}

/// By BPF_PROG_ATTACH. A cgroup with many programs replaces by naming the other one; one with a single program replaces whatever is there, so that is looked at.
Result<std::unique_ptr<attach::Attachment>> attach_by_call(const Program& program, Fd cgroup,
                                                           bpf_attach_type type,
                                                           const attach::KernelPlace& at,
                                                           const CgroupTarget& target) {
  const bool has_many = target.below == CgroupTarget::Below::multi;
  const bool names = target.replaces != nullptr && has_many;
  attach::ProgAttachment how{
      .target = std::move(cgroup),
      .type = type,
      .flags = below_flag(target.below) | at.flags | (target.preorder ? BPF_F_PREORDER : 0) |
               (names ? BPF_F_REPLACE : 0),
      .replace_fd = names ? target.replaces->fd().raw() : -1,
      .position = at.position,
      .replace = has_many ? attach::ProgAttachment::Replace::by_name : attach::ProgAttachment::Replace::over,
      .asked = {}};
  if (target.replaces != nullptr && !has_many) {
    SKEP_TRY(const bpf_prog_info other, kernel::prog_info(program.kernel(), target.replaces->fd().raw()));
    how.replaces_id = other.id;
  }
  return attach::attach_prog(program, std::move(how));
}

}  // namespace

Result<Link> attach_cgroup(const Program& program, const CgroupTarget& target, const AttachOptions& options) {
  using Way = CgroupTarget::Way;
  kernel::Kernel& kernel = program.kernel();
  SKEP_TRY(const bpf_attach_type type, hook_of(program, target));
  SKEP_TRY(const attach::KernelPlace at, attach::kernel_place(target.place));
  SKEP_TRY(Fd cgroup, attach::open_cgroup(kernel, target.path));
  const std::string place = cat(name_of(attach_type_names, type), " on ", target.path);
  const u32 extra = target.preorder ? BPF_F_PREORDER : 0;
  const host::Facts facts = attach::facts_for(program, options);
  const bool by_attach = target.way == Way::prog_attach || target.replaces != nullptr ||
                         target.below != CgroupTarget::Below::multi;
  if (by_attach && target.way == Way::link) {
    return fail(Errc::invalid, cat(place,
                                   ": a link neither replaces programs nor lets others replace it; use "
                                   "CgroupTarget::Way::prog_attach"));
  }
  SKEP_CHECK(check_position(kernel, cgroup, type, at, target, facts, place));
  if (!by_attach) {
    auto link = create_link(program, cgroup, type, at, extra);
    if (link) {
      return attach::make_kernel_link(kernel, std::move(*link), place);
    }
    const bool lacks_links = link.error().sys_errno() == EINVAL && attach::is_before(facts, link_needs.since);
    if (!lacks_links || target.way == Way::link || at.is_special() || target.preorder) {
      Error error = attach::with_list(explained(std::move(link).error(), place), kernel, cgroup.raw(), type,
                                      target.place);
      error = attach::with_cgroup_policy(std::move(error), kernel, target.path, type, BPF_F_ALLOW_MULTI);
      return std::unexpected(attach::with_reason(std::move(error), facts, options, needs_of(at, target)));
    }
  }
  auto attached = attach_by_call(program, std::move(cgroup), type, at, target);
  if (!attached) {
    Error error = attach::with_cgroup_policy(explained(std::move(attached).error(), place), kernel,
                                             target.path, type, below_flag(target.below));
    return std::unexpected(attach::with_reason(
        std::move(error), facts, options,
        at.is_special()
            ? list_needs
            : attach::Needs{.noun = "programs on cgroups", .since = {4, 10}, .config = "CONFIG_CGROUP_BPF"}));
  }
  return Link(std::move(*attached), place);
}

Result<ProgramList> query_cgroup(const std::string& path, bpf_attach_type type, bool effective) {
  kernel::Kernel& kernel = load::this_kernel();
  SKEP_TRY(const Fd cgroup, attach::open_cgroup(kernel, path));
  const std::string place = cat(name_of(attach_type_names, type), " on ", path);
  auto list = attach::list_programs(kernel, cgroup.raw(), type, effective ? BPF_F_QUERY_EFFECTIVE : 0, place);
  if (!list && list.error().sys_errno() == EBADF) {
    return std::unexpected(explained(std::move(list).error(), place));
  }
  return list;
}

}  // namespace skep

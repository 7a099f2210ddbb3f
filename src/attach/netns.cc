#include "skep/netns.h"

#include <fcntl.h>

#include <cerrno>

#include "attach/by_section.h"
#include "attach/list_place.h"
#include "attach/prog_attach.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "load/this_machine.h"

namespace skep {
namespace {

struct OpenSpace {
  Fd fd;
  std::string noun;  ///< "network namespace blue"
};

Result<OpenSpace> open_space(kernel::Kernel& kernel, const NetnsTarget& target) {
  const bool is_name = !target.space.empty() && !target.space.contains('/');
  const std::string path = target.space.empty() ? "/proc/thread-self/ns/net"
                           : is_name            ? cat("/run/netns/", target.space)
                                                : target.space;
  const std::string noun =
      target.space.empty() ? "this network namespace" : cat("network namespace ", target.space);
  const int raw = kernel.open_file(path.c_str(), O_RDONLY, 0);
  if (raw < 0) {
    return fail_errno(-raw, is_name ? cat(noun, ": open ", path) : noun);
  }
  return OpenSpace{.fd = Fd(raw), .noun = noun};
}

Error explained(Error error, const OpenSpace& space, bpf_attach_type type) {
  const int why = error.sys_errno();
  if (why == EINVAL && space.noun != "this network namespace") {
    return Error(Errc::invalid,
                 cat(space.noun, ": ", error.message(), "; is it the file of a network namespace?"), why);
  }
  // A second flow dissector by link, or the 65th lookup of sockets.
  if (why == E2BIG) {
    return Error(Errc::busy,
                 cat(space.noun, ": ", error.message(), "; it has ",
                     type == BPF_SK_LOOKUP ? "64 programs of the kind" : "a program of the kind",
                     ", and no room for another"),
                 why);
  }
  if (why == EEXIST) {
    return Error(Errc::busy,
                 cat(space.noun, ": ", error.message(),
                     "; there is a program already, here or in the initial namespace"),
                 why);
  }
  return std::move(error).within(space.noun);
}

Result<Link> attach_to_space(const Program& program, const NetnsTarget& target, bpf_attach_type type,
                             const AttachOptions& options, const attach::Needs& needs) {
  kernel::Kernel& kernel = program.kernel();
  SKEP_TRY(const OpenSpace space, open_space(kernel, target));
  auto link =
      kernel::link_create(kernel, {.prog_fd = program.fd().raw(), .type = type, .target_fd = space.fd.raw()});
  if (!link) {
    const host::Facts facts = attach::facts_for(program, options);
    const bool is_too_old = attach::is_before(facts, needs.since);
    Error error = is_too_old ? std::move(link).error().within(space.noun)
                             : explained(std::move(link).error(), space, type);
    return std::unexpected(attach::with_reason(std::move(error), facts, options, needs));
  }
  return attach::make_kernel_link(kernel, std::move(*link),
                                  cat(name_of(attach_type_names, type), " of ", space.noun));
}

}  // namespace

Result<Link> attach_sk_lookup(const Program& program, const NetnsTarget& target,
                              const AttachOptions& options) {
  return attach_to_space(program, target, BPF_SK_LOOKUP, options, {.noun = "sk_lookup", .since = {5, 9}});
}

Result<Link> attach_flow_dissector(const Program& program, const NetnsTarget& target,
                                   const AttachOptions& options) {
  auto link = attach_to_space(program, target, BPF_FLOW_DISSECTOR, options,
                              {.noun = "links of flow dissectors", .since = {5, 7}});
  const bool is_too_old =
      !link && link.error().code() == Errc::unsupported && link.error().sys_errno() == EINVAL;
  if (!is_too_old || !target.space.empty()) {
    return link;
  }
  SKEP_TRY(OpenSpace space, open_space(program.kernel(), target));
  auto attached = attach::attach_prog(program, {.target = Fd(),
                                                .type = BPF_FLOW_DISSECTOR,
                                                .replace = attach::ProgAttachment::Replace::over,
                                                .asked = std::move(space.fd)});
  if (!attached) {
    return std::unexpected(attach::with_reason(std::move(attached).error(),
                                               attach::facts_for(program, options), options,
                                               {.noun = "flow dissectors", .since = {4, 20}}));
  }
  return Link(std::move(*attached), "flow_dissector of this network namespace");
}

Result<ProgramList> query_netns(const NetnsTarget& target, bpf_attach_type type) {
  kernel::Kernel& kernel = load::this_kernel();
  SKEP_TRY(const OpenSpace space, open_space(kernel, target));
  return attach::list_programs(kernel, space.fd.raw(), type, 0, space.noun);
}

}  // namespace skep

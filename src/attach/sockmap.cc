// The sockets of a map.
#include <cerrno>

#include "attach/by_section.h"
#include "attach/list_place.h"
#include "attach/prog_attach.h"
#include "attach/refusal.h"
#include "base/duplicate.h"
#include "base/result.h"
#include "load/this_machine.h"
#include "skep/sockets.h"

namespace skep {
namespace {

bool is_sockmap_hook(bpf_attach_type type) {
  return type == BPF_SK_MSG_VERDICT || type == BPF_SK_SKB_STREAM_PARSER ||
         type == BPF_SK_SKB_STREAM_VERDICT || type == BPF_SK_SKB_VERDICT;
}

Result<bpf_attach_type> hook_of(const Program& program, const SockmapTarget& target) {
  const bpf_attach_type loaded = program.traits().expected_attach_type;
  const bpf_attach_type type =
      target.type.value_or(program.traits().type == BPF_PROG_TYPE_SK_MSG ? BPF_SK_MSG_VERDICT : loaded);
  if (!is_sockmap_hook(type)) {
    return fail(Errc::invalid, cat("program '", program.name(),
                                   "': the section leaves the hook open: say sk_skb_stream_parser, "
                                   "sk_skb_stream_verdict or sk_skb_verdict"));
  }
  return type;
}

}  // namespace

Result<Link> attach_sockmap(const Program& program, const SockmapTarget& target,
                            const AttachOptions& options) {
  kernel::Kernel& kernel = program.kernel();
  if (target.map == nullptr) {
    return fail(Errc::invalid, cat("program '", program.name(), "': want a map of sockets, have none"));
  }
  const bpf_map_type kind = target.map->traits().type;
  if (kind != BPF_MAP_TYPE_SOCKMAP && kind != BPF_MAP_TYPE_SOCKHASH) {
    return fail(Errc::invalid, cat("map '", target.map->name(), "': want a sockmap or sockhash, have ",
                                   name_of(map_type_names, kind)));
  }
  SKEP_TRY(const bpf_attach_type type, hook_of(program, target));
  const std::string place = cat(name_of(attach_type_names, type), " of map ", target.map->name());
  auto link = kernel::link_create(
      kernel, {.prog_fd = program.fd().raw(), .type = type, .target_fd = target.map->fd().raw()});
  if (link) {
    return attach::make_kernel_link(kernel, std::move(*link), place);
  }
  const host::Facts facts = attach::facts_for(program, options);
  if (link.error().sys_errno() != EINVAL || !attach::is_before(facts, {6, 10})) {
    Error error = std::move(link).error().within(place);
    return std::unexpected(
        attach::with_reason(std::move(error), facts, options, {.noun = "maps of sockets", .since = {4, 14}}));
  }
  SKEP_TRY(Fd map, duplicate(target.map->fd()));
  auto attached = attach::attach_prog(program, {.target = std::move(map),
                                                .type = type,
                                                .replace = attach::ProgAttachment::Replace::over,
                                                .asked = {}});
  if (!attached) {
    const attach::Needs needs{
        .noun = name_of(attach_type_names, type),
        .since = type == BPF_SK_SKB_VERDICT ? host::Release{5, 13} : host::Release{4, 14},
        .config = "CONFIG_BPF_STREAM_PARSER"};
    return std::unexpected(
        attach::with_reason(std::move(attached).error().within(place), facts, options, needs));
  }
  return Link(std::move(*attached), place);
}

Result<ProgramList> query_sockmap(const Map& map, bpf_attach_type type) {
  kernel::Kernel& kernel = load::this_kernel();
  const std::string place = cat(name_of(attach_type_names, type), " of map ", map.name());
  auto list = attach::list_programs(kernel, map.fd().raw(), type, 0, place);
  if (!list) {
    return std::unexpected(attach::with_reason(std::move(list).error(), host::facts_of_this_machine(&kernel),
                                               {}, {.noun = "lists of a map's programs", .since = {5, 15}}));
  }
  return list;
}

}  // namespace skep

#include <algorithm>
#include <cerrno>
#include <unordered_set>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/configured.h"
#include "attach/refusal.h"
#include "attach/traced_function.h"
#include "base/glob.h"
#include "base/result.h"
#include "btf/btf.h"
#include "host/attach_target.h"
#include "host/traceable.h"
#include "kernel/link.h"
#include "skep/tracing.h"

namespace skep {
namespace attach {

bool can_be_traced(const btf::Btf& types, const btf::Type& function) {
  constexpr u32 most_parameters = 12;
  const btf::Type proto = types.type(function.type_id());
  if (proto.kind() != btf::Kind::func_proto || proto.vlen() > most_parameters) {
    return false;
  }
  const btf::Type returned = types.type(types.resolve(proto.type_id()));
  if (returned.is_composite()) {
    return false;
  }
  // A last parameter without a type is "...".
  return proto.vlen() == 0 || proto.parameter(proto.vlen() - 1).type_id != 0;
}

Result<std::vector<u32>> find_traced(const btf::Btf& types, const Glob& pattern,
                                     const std::unordered_set<std::string>& traceable) {
  std::vector<u32> ids;
  std::unordered_set<std::string_view> seen;
  for (u32 id = types.first_id(); id < types.type_count(); ++id) {
    const btf::Type type = types.type(id);
    if (type.kind() != btf::Kind::func || !pattern.matches(type.name()) || !can_be_traced(types, type)) {
      continue;
    }
    const std::string name(type.name());
    if (traceable.contains(name) && seen.insert(type.name()).second) {
      ids.push_back(id);
    }
  }
  if (ids.empty()) {
    return fail(Errc::not_found,
                cat("no function that has a type and can be traced fits '", pattern.pattern(), "'"));
  }
  return ids;
}

namespace {

std::string_view kind_of(bpf_attach_type type) {
  switch (type) {
    case BPF_TRACE_FENTRY_MULTI: return "fentry.multi";
    case BPF_TRACE_FEXIT_MULTI: return "fexit.multi";
    case BPF_TRACE_FSESSION_MULTI: return "fsession.multi";
    default: return {};
  }
}

Result<std::vector<u32>> ids_of(const TracingMultiTarget& target, const host::Facts& facts,
                                const std::string& root) {
  if (target.pattern.empty() == target.function_ids.empty()) {
    return fail(Errc::invalid, "want a pattern, or the ids of functions: one of the two");
  }
  if (!target.function_ids.empty()) {
    if (!target.cookies.empty() && target.cookies.size() != target.function_ids.size()) {
      return fail(Errc::invalid, cat("want a cookie for each of ", target.function_ids.size(),
                                     " functions, have ", target.cookies.size()));
    }
    return target.function_ids;
  }
  if (!target.cookies.empty()) {
    return fail(Errc::invalid,
                "cookies go with ids; a pattern does not say in which order its functions come");
  }
  SKEP_TRY(const auto types, target.module.empty() ? facts.kernel_btf() : facts.module_btf(target.module));
  const Glob pattern(target.pattern);
  SKEP_TRY(const auto listed, host::find_traceable(root, pattern));
  std::unordered_set<std::string> traceable;
  for (const host::TraceableFunction& function : listed) {
    if (function.module == target.module) {
      traceable.insert(function.name);
    }
  }
  auto ids = find_traced(*types, pattern, traceable);
  if (!ids && !pattern.has_wildcards()) {
    const auto near = host::near_names(*types, btf::Kind::func, {}, target.pattern);
    return fail(Errc::not_found, cat("there is no traceable function '", target.pattern, "'",
                                     near.empty() ? "" : "; near it are: ", join(near, ", ")));
  }
  return ids;
}

}  // namespace
}  // namespace attach

Result<Link> attach_tracing_multi(const Program& program, const TracingMultiTarget& target,
                                  const AttachOptions& options) {
  const bpf_attach_type type = program.traits().expected_attach_type;
  const std::string_view kind = attach::kind_of(type);
  if (kind.empty()) {
    return fail(Errc::invalid, cat("program '", program.name(),
                                   "' was not loaded for fentry.multi, fexit.multi or fsession.multi"));
  }
  const host::Facts facts = attach::facts_for(program, options);
  const std::string at = cat(kind, " ", target.module, target.module.empty() ? "" : ":", target.pattern);
  SKEP_TRY_IN(at, const std::vector<u32> ids, attach::ids_of(target, facts, options.root));
  const std::string noun = cat(at, target.pattern.empty() ? "at " : " (", ids.size(),
                               target.pattern.empty() ? " functions" : " functions)");
  auto link = kernel::link_create_tracing_multi(
      program.kernel(), {.prog_fd = program.fd().raw(), .type = type}, ids, target.cookies);
  if (!link) {
    constexpr attach::Needs needs{.noun = "fentry.multi and its kin",
                                  .since = {7, 2},
                                  .config = "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS",
                                  .rights_of = BPF_PROG_TYPE_TRACING};
    return std::unexpected(
        attach::with_configuration(attach::with_reason(std::move(link).error(), facts, options, needs), facts,
                                   needs)
            .within(noun));
  }
  return attach::make_kernel_link(program.kernel(), *std::move(link), noun);
}

}  // namespace skep

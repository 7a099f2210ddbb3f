#include "skep/tracing.h"

#include <array>
#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/configured.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "kernel/link.h"
#include "kernel/raw_tracepoint.h"

namespace skep {
namespace attach {
namespace {

constexpr int enotsupp = 524;  // the kernel's own

std::string_view kind_of(bpf_attach_type type) {
  switch (type) {
    case BPF_TRACE_RAW_TP: return "tp_btf";
    case BPF_TRACE_FENTRY: return "fentry";
    case BPF_TRACE_FEXIT: return "fexit";
    case BPF_TRACE_FSESSION: return "fsession";
    case BPF_MODIFY_RETURN: return "fmod_ret";
    case BPF_LSM_MAC: return "lsm";
    default: return {};
  }
}

Needs needs_by_kind(bpf_attach_type type) {
  switch (type) {
    case BPF_LSM_MAC:
      return {.noun = "security hooks for BPF programs", .since = {5, 7}, .config = "CONFIG_BPF_LSM"};
    case BPF_TRACE_FSESSION:
      return {.noun = "fsession", .since = {7, 0}, .config = "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"};
    case BPF_MODIFY_RETURN:
      return {.noun = "fmod_ret", .since = {5, 7}, .config = "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"};
    case BPF_TRACE_RAW_TP: return {.noun = "tp_btf", .since = {5, 5}, .config = "CONFIG_BPF_EVENTS"};
    default:
      return {
          .noun = "fentry and fexit", .since = {5, 5}, .config = "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS"};
  }
}

Needs needs_of(bpf_attach_type type) {
  Needs needs = needs_by_kind(type);
  needs.rights_of = type == BPF_LSM_MAC ? BPF_PROG_TYPE_LSM : BPF_PROG_TYPE_TRACING;
  return needs;
}

/// A link by its own command, and where that knows no such programs yet by the older one, which has no cookie.
Result<Fd> make_link(const Program& program, u64 cookie) {
  const bpf_attach_type type = program.traits().expected_attach_type;
  auto link =
      kernel::link_create_tracing(program.kernel(), {.prog_fd = program.fd().raw(), .type = type}, 0, cookie);
  if (link || link.error().sys_errno() != EINVAL || cookie != 0) {
    return link;
  }
  return kernel::raw_tracepoint_open(program.kernel(), program.fd().raw(), nullptr);
}

Error why_refused(Error error, const Program& program, u64 cookie, const host::Facts& facts,
                  const AttachOptions& options) {
  const bpf_attach_type type = program.traits().expected_attach_type;
  const int why = error.sys_errno();
  if (cookie != 0) {
    const host::Release since = type == BPF_TRACE_RAW_TP ? host::Release{6, 10} : host::Release{6, 0};
    error = with_reason(std::move(error), facts, options,
                        {.noun = "a cookie", .since = since, .rights_of = needs_of(type).rights_of});
  }
  error = with_reason(std::move(error), facts, options, needs_of(type));
  if (why == EBUSY) {
    return Error(Errc::busy,
                 cat(error.message(),
                     "; the function is traced in a way that excludes this (a live patch, another fmod_ret's "
                     "trampoline)"),
                 why);
  }
  if (why == enotsupp && error.code() != Errc::unsupported) {
    return Error(
        Errc::unsupported,
        cat(error.message(), "; this architecture has no trampolines for BPF programs in this kernel"), why);
  }
  return error;
}

}  // namespace
}  // namespace attach

Result<Link> attach_tracing(const Program& program, const TracingTarget& target,
                            const AttachOptions& options) {
  const bpf_attach_type type = program.traits().expected_attach_type;
  const std::string_view kind = attach::kind_of(type);
  if (kind.empty()) {
    return fail(Errc::invalid, cat("program '", program.name(),
                                   "' was not loaded for fentry, fexit, fmod_ret, fsession, tp_btf or lsm"));
  }
  const std::string noun = cat(kind, " ", program.traits().attach_target);
  if (type == BPF_LSM_MAC) {
    SKEP_CHECK_IN(noun, attach::check_security_module(options.root));
  }
  auto link = attach::make_link(program, target.cookie);
  if (!link) {
    const host::Facts facts = attach::facts_for(program, options);
    return std::unexpected(
        attach::why_refused(std::move(link).error(), program, target.cookie, facts, options).within(noun));
  }
  return attach::make_kernel_link(program.kernel(), *std::move(link), noun);
}

namespace attach {
namespace {

Result<Link> by_section(const Program& program, std::string_view, const AttachOptions& options) {
  return attach_tracing(program, {}, options);
}

/// "tcp_*", or "nf_tables:nft_*".
Result<Link> many(const Program& program, std::string_view target, const AttachOptions& options) {
  const std::size_t colon = target.find(':');
  const bool is_modules = colon != std::string_view::npos && target.substr(0, colon) != "vmlinux";
  return attach_tracing_multi(
      program,
      {.pattern = std::string(target.substr(colon == std::string_view::npos ? 0 : colon + 1)),
       .module = std::string(is_modules ? target.substr(0, colon) : std::string_view())},
      options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"fentry", by_section},
    {"fentry.s", by_section},
    {"fexit", by_section},
    {"fexit.s", by_section},
    {"fmod_ret", by_section},
    {"fmod_ret.s", by_section},
    {"fsession", by_section},
    {"fsession.s", by_section},
    {"tp_btf", by_section},
    {"tp_btf.s", by_section},
    {"lsm", by_section},
    {"lsm.s", by_section},
    {"fentry.multi", many},
    {"fentry.multi.s", many},
    {"fexit.multi", many},
    {"fexit.multi.s", many},
    {"fsession.multi", many},
    {"fsession.multi.s", many},
});

}  // namespace

std::span<const SectionRow> tracing_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep

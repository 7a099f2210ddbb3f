#include <array>
#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "btf/btf.h"
#include "host/attach_target.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/link.h"
#include "kernel/raw_tracepoint.h"
#include "skep/tracing.h"

namespace skep {
namespace attach {
namespace {

/// The types that a program was loaded with.
Result<btf::Btf> types_of(const Program& program) {
  SKEP_TRY(const bpf_prog_info info, kernel::prog_info(program.kernel(), program.fd().raw()));
  if (info.btf_id == 0) {
    return fail(Errc::unsupported,
                cat("program '", program.name(),
                    "' was loaded without types, so that none of its functions can be named"));
  }
  SKEP_TRY(const Fd fd, kernel::open_id(program.kernel(), kernel::ObjectKind::btf, info.btf_id));
  SKEP_TRY(std::vector<std::byte> bytes, kernel::btf_bytes(program.kernel(), fd.raw()));
  return btf::Btf::take(std::move(bytes));
}

Result<u32> function_of(const Program& program, const std::string& function) {
  SKEP_TRY_IN(cat("program '", program.name(), "'"), const btf::Btf types, types_of(program));
  if (const auto id = types.find(function, btf::Kind::func)) {
    return *id;
  }
  const auto near = host::near_names(types, btf::Kind::func, {}, function);
  return fail(Errc::not_found, cat("program '", program.name(), "' has no function '", function, "'",
                                   near.empty() ? "" : "; near it are: ", join(near, ", ")));
}

/// What it was loaded for.
Result<Fd> as_loaded(const Program& program, u64 cookie) {
  auto link = kernel::link_create_tracing(program.kernel(), {.prog_fd = program.fd().raw()}, 0, cookie);
  if (link || link.error().sys_errno() != EINVAL || cookie != 0) {
    return link;
  }
  return kernel::raw_tracepoint_open(program.kernel(), program.fd().raw(), nullptr);
}

Error why_refused(Error error, const FreplaceTarget& target, const Program& program,
                  const AttachOptions& options) {
  const host::Facts facts = facts_for(program, options);
  const int why = error.sys_errno();
  error = with_reason(std::move(error), facts, options,
                      target.cookie != 0
                          ? Needs{.noun = "a cookie", .since = {6, 0}, .rights_of = BPF_PROG_TYPE_EXT}
                      : target.program != nullptr
                          ? Needs{.noun = "freplace of another function than at loading",
                                  .since = {5, 10},
                                  .rights_of = BPF_PROG_TYPE_EXT}
                          : Needs{.noun = "freplace", .since = {5, 6}, .rights_of = BPF_PROG_TYPE_EXT});
  if (why == EBUSY) {
    return Error(Errc::busy,
                 cat(error.message(),
                     "; the function is replaced already, or it has callers that cannot be redirected"),
                 why);
  }
  if (why == EINVAL && error.code() != Errc::unsupported) {
    return Error(Errc::invalid,
                 cat(error.message(),
                     "; the function's parameters and result must be those of the function it was loaded "
                     "for, and the function global"),
                 why);
  }
  return error;
}

Result<Link> by_section(const Program& program, std::string_view, const AttachOptions& options) {
  return attach_freplace(program, {}, options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"freplace", by_section},
});

}  // namespace

std::span<const SectionRow> freplace_sections() {
  return rows;
}

}  // namespace attach

Result<Link> attach_freplace(const Program& program, const FreplaceTarget& target,
                             const AttachOptions& options) {
  if ((target.program == nullptr) != target.function.empty()) {
    return fail(Errc::invalid, "freplace: want a program and one of its functions, or neither");
  }
  const std::string noun =
      cat("freplace ", target.program != nullptr ? target.function : program.traits().attach_target);
  u32 id = 0;
  if (target.program != nullptr) {
    SKEP_TRY_IN(noun, id, attach::function_of(*target.program, target.function));
  }
  auto link =
      target.program == nullptr
          ? attach::as_loaded(program, target.cookie)
          : kernel::link_create_tracing(
                program.kernel(), {.prog_fd = program.fd().raw(), .target_fd = target.program->fd().raw()},
                id, target.cookie);
  if (!link) {
    return std::unexpected(
        attach::why_refused(std::move(link).error(), target, program, options).within(noun));
  }
  return attach::make_kernel_link(program.kernel(), *std::move(link), noun);
}

}  // namespace skep

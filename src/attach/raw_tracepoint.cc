#include "skep/raw_tracepoint.h"

#include <array>
#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "base/result.h"
#include "kernel/raw_tracepoint.h"

namespace skep {

Result<Link> attach_raw_tracepoint(const Program& program, const RawTracepointTarget& target,
                                   const AttachOptions&) {
  auto link =
      kernel::raw_tracepoint_open(program.kernel(), program.fd().raw(), target.name.c_str(), target.cookie);
  if (!link) {
    const int why = link.error().sys_errno();
    if (why == EINVAL && target.cookie != 0) {
      return fail(Errc::unsupported, cat("raw tracepoint '", target.name, "': a cookie needs Linux 6.10"));
    }
    return std::unexpected(std::move(link).error());
  }
  return attach::make_kernel_link(program.kernel(), std::move(*link), cat("raw tracepoint ", target.name));
}

namespace attach {
namespace {

Result<Link> by_name(const Program& program, std::string_view target, const AttachOptions& options) {
  return attach_raw_tracepoint(program, {.name = std::string(target)}, options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"raw_tp", by_name},
    {"raw_tp.s", by_name},
    {"raw_tp.w", by_name},
    {"raw_tracepoint", by_name},
    {"raw_tracepoint.s", by_name},
    {"raw_tracepoint.w", by_name},
});

}  // namespace

std::span<const SectionRow> raw_tracepoint_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep

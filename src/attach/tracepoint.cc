#include "skep/tracepoint.h"

#include <array>
#include <cerrno>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/perf.h"
#include "attach/probe_event.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "host/tracefs.h"

namespace skep {

Result<Link> attach_tracepoint(const Program& program, const TracepointTarget& target,
                               const AttachOptions& options) {
  const std::string noun = cat("tracepoint ", target.category, "/", target.name);
  const host::Facts facts = attach::facts_for(program, options);
  SKEP_TRY_IN(noun, const u64 id, host::tracepoint_id(options.root, target.category, target.name));
  auto event = attach::open_tracepoint(program.kernel(), id, {.pid = -1, .cpu = 0});
  if (!event) {
    return std::unexpected(attach::with_reason(std::move(event).error(), facts, options,
                                               {.noun = "tracepoints of BPF programs",
                                                .since = {4, 7},
                                                .config = "CONFIG_BPF_EVENTS",
                                                .rights_of = BPF_PROG_TYPE_TRACEPOINT})
                               .within(noun));
  }
  auto made = attach::attach_perf_event(program, *std::move(event), target.cookie, facts);
  if (!made) {
    Error error = std::move(made).error();
    if (error.sys_errno() == EACCES) {
      error = Error(Errc::invalid,
                    cat(error.message(), "; the program reads beyond what the event's format file describes"),
                    EACCES);
    }
    return std::unexpected(std::move(error).within(noun));
  }
  return Link(*std::move(made), noun);
}

namespace attach {
namespace {

Result<Link> by_name(const Program& program, std::string_view target, const AttachOptions& options) {
  const std::size_t slash = target.find('/');
  if (slash == std::string_view::npos) {
    return fail(Errc::invalid,
                cat("want a tracepoint as CATEGORY/NAME such as 'sched/sched_switch', have '", target, "'"));
  }
  return attach_tracepoint(
      program,
      {.category = std::string(target.substr(0, slash)), .name = std::string(target.substr(slash + 1))},
      options);
}

constexpr auto rows = std::to_array<SectionRow>({
    {"tp", by_name},
    {"tp.s", by_name},
    {"tracepoint", by_name},
    {"tracepoint.s", by_name},
});

}  // namespace

std::span<const SectionRow> tracepoint_sections() {
  return rows;
}

}  // namespace attach
}  // namespace skep

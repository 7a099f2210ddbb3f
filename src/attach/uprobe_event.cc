#include "attach/uprobe_event.h"

#include <linux/perf_event.h>

#include <cerrno>

#include "attach/by_section.h"
#include "attach/perf.h"
#include "attach/probe_event.h"
#include "attach/refusal.h"
#include "base/result.h"
#include "host/pmu.h"

namespace skep::attach {
namespace {

/// What a refusal means, when it is one that can be said better than by its errno.
std::unexpected<Error> refusal(const UprobeEvent& want, int why) {
  const std::string what =
      cat(want.is_return ? "return probe" : "probe", " at ", want.path, "+", hex(want.offset));
  switch (why) {
    case EINVAL:
      return fail_errno(why, cat(what,
                                 ": the offset is past the file's end or no place of an instruction, or the "
                                 "file system cannot be probed"));
    case EACCES:
    case EPERM:
      return fail_errno(why, cat(what,
                                 ": the kernel lets only CAP_SYS_ADMIN open a perf event of a uprobe; for "
                                 "uprobe.multi (Linux 6.6) CAP_PERFMON suffices"));
    case EIO: return fail_errno(why, cat(what, ": the file cannot be read there"));
    case EOPNOTSUPP:
    case 524: return fail_errno(why, cat(what, ": an instruction that cannot be probed"));
    default: return fail_errno(why, what);
  }
}

Result<OpenEvent> open_by_perf(kernel::Kernel& kernel, const host::ProbeSource& source,
                               const UprobeEvent& want) {
  if (want.semaphore_offset != 0 && !source.has_semaphores) {
    return fail(Errc::unsupported,
                "counting up a semaphore (ref_ctr_offset) needs Linux 4.20, which this kernel lacks");
  }
  if (want.semaphore_offset >> 32 != 0) {
    return fail(Errc::invalid,
                cat("a semaphore's offset must be below 4 GiB, have ", hex(want.semaphore_offset)));
  }
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = source.type;
  attr.config = (want.is_return ? u64{1} << source.return_bit : 0) | want.semaphore_offset
                                                                         << source.semaphore_shift;
  attr.uprobe_path = reinterpret_cast<u64>(want.path.c_str());
  attr.probe_offset = want.offset;
  const int raw = kernel.perf_event_open(
      attr, {.pid = want.pid, .cpu = want.pid == -1 ? 0 : -1, .flags = PERF_FLAG_FD_CLOEXEC});
  if (raw < 0) {
    return refusal(want, -raw);
  }
  return OpenEvent{.event = Fd(raw), .undo = {}};
}

Result<OpenEvent> open_by_tracefs(kernel::Kernel& kernel, const std::string& root, const UprobeEvent& want) {
  const std::size_t slash = want.path.rfind('/');
  const std::string semaphore =
      want.semaphore_offset == 0 ? std::string() : cat("(", hex(want.semaphore_offset), ")");
  const host::ProbeLine line{
      .is_return = want.is_return,
      .event = host::unused_event_name(want.path.substr(slash == std::string::npos ? 0 : slash + 1)),
      .place = cat(want.path, ":", hex(want.offset), semaphore)};
  SKEP_TRY(ProbeEvent made, make_probe_event(kernel, root, "uprobe_events", line,
                                             {.pid = want.pid, .cpu = want.pid == -1 ? 0 : -1}));
  return OpenEvent{.event = std::move(made.event), .undo = std::move(made.undo)};
}

}  // namespace

Result<OpenEvent> open_uprobe_event(kernel::Kernel& kernel, const std::string& root,
                                    const UprobeEvent& want) {
  if (want.method == ProbeMethod::tracefs) {
    return open_by_tracefs(kernel, root, want);
  }
  const auto source = host::probe_source(
      root, "uprobe", {.returns = want.is_return, .semaphores = want.semaphore_offset != 0});
  if (source) {
    return open_by_perf(kernel, *source, want);
  }
  if (want.method == ProbeMethod::perf || source.error().code() != Errc::not_found) {
    return std::unexpected(source.error().clone());
  }
  return open_by_tracefs(kernel, root, want);
}

Result<std::unique_ptr<Attachment>> attach_uprobe_event(const Program& program, const UprobeEvent& want,
                                                        u64 cookie, const AttachOptions& options,
                                                        Undo after) {
  auto opened = open_uprobe_event(program.kernel(), options.root, want);
  if (!opened) {
    if (after) {
      const auto undone = after();
      static_cast<void>(undone);
    }
    // What the program's kind takes anyway; that the source of these events asks for more, refusal() says.
    constexpr Needs needs{.noun = "uprobes", .since = {4, 1}, .rights_of = BPF_PROG_TYPE_KPROBE};
    return std::unexpected(
        with_reason(std::move(opened).error(), facts_for(program, options), options, needs));
  }
  Undo undo = std::move(opened->undo);
  if (after && undo) {
    undo = [first = std::move(undo), then = std::move(after)]() -> Result<void> {
      auto removed = first();
      auto ended = then();
      return removed ? std::move(ended) : std::move(removed);
    };
  } else if (after) {
    undo = std::move(after);
  }
  return attach_perf_event(program, std::move(opened->event), cookie, facts_for(program, options),
                           std::move(undo));
}

}  // namespace skep::attach

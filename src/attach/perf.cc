#include "attach/perf.h"

#include <linux/perf_event.h>

#include "base/result.h"
#include "kernel/link.h"

namespace skep::attach {
namespace {

Result<void> control(kernel::Kernel& kernel, const Fd& event, u64 request, u64 argument,
                     std::string_view what) {
  if (const int raw = kernel.control(event.raw(), request, argument); raw < 0) {
    return fail_errno(-raw, std::string(what));
  }
  return {};
}

Result<std::unique_ptr<Attachment>> by_link(const Program& program, Fd event, u64 cookie, Undo& undo) {
  kernel::Kernel& kernel = program.kernel();
  SKEP_TRY(
      Fd link,
      kernel::link_create_perf_event(
          kernel, {.prog_fd = program.fd().raw(), .type = BPF_PERF_EVENT, .target_fd = event.raw()}, cookie));
  SKEP_CHECK(control(kernel, event, PERF_EVENT_IOC_ENABLE, 0, "start a perf event"));
  // The link holds the event from now on.
  return std::make_unique<KernelLink>(kernel, std::move(link), std::move(undo));
}

Result<std::unique_ptr<Attachment>> by_ioctl(const Program& program, Fd event, u64 cookie, Undo& undo) {
  kernel::Kernel& kernel = program.kernel();
  if (cookie != 0) {
    return fail(Errc::unsupported,
                "a cookie needs Linux 5.15 (links to perf events), which this kernel lacks");
  }
  SKEP_CHECK(control(kernel, event, PERF_EVENT_IOC_SET_BPF, static_cast<u64>(program.fd().raw()),
                     "put the program on a perf event"));
  SKEP_CHECK(control(kernel, event, PERF_EVENT_IOC_ENABLE, 0, "start a perf event"));
  std::vector<Fd> events;
  events.push_back(std::move(event));
  return std::make_unique<PerfEvents>(kernel, std::move(events), std::move(undo));
}

}  // namespace

Result<std::unique_ptr<Attachment>> attach_perf_event(const Program& program, Fd event, u64 cookie,
                                                      const host::Facts& facts, Undo undo) {
  auto made = facts.lacks(host::Feature::perf_link) ? by_ioctl(program, std::move(event), cookie, undo)
                                                    : by_link(program, std::move(event), cookie, undo);
  if (!made && undo) {
    // The event is closed by now: a probe that is in use cannot be taken away. What failed first is what the caller must hear.
    const auto undone = undo();
    static_cast<void>(undone);
  }
  return made;
}

}  // namespace skep::attach

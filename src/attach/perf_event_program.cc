#include <linux/perf_event.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <set>

#include "attach/attachment.h"
#include "attach/by_section.h"
#include "attach/perf.h"
#include "attach/probe_event.h"
#include "attach/refusal.h"
#include "base/file.h"
#include "base/result.h"
#include "host/cpus.h"
#include "skep/perf_event.h"

namespace skep {
namespace attach {
namespace {

using Counter = PerfEventTarget::Counter;

struct CounterRow {
  Counter counter{};
  std::string_view name;
  u32 type = 0;
  u64 config = 0;
};

constexpr auto counters = std::to_array<CounterRow>({
    {Counter::cpu_clock, "cpu-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK},
    {Counter::task_clock, "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK},
    {Counter::page_faults, "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS},
    {Counter::context_switches, "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES},
    {Counter::cpu_migrations, "cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS},
    {Counter::cpu_cycles, "cpu-cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES},
    {Counter::instructions, "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS},
    {Counter::cache_misses, "cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES},
    {Counter::branch_misses, "branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES},
});

consteval bool rows_are_in_the_order_of_the_counters() {
  for (std::size_t i = 0; i < counters.size(); ++i) {
    if (static_cast<std::size_t>(counters[i].counter) != i) {
      return false;
    }
  }
  return true;
}
static_assert(rows_are_in_the_order_of_the_counters());

std::string noun_of(const PerfEventTarget& target) {
  const std::string what = target.raw_type
                               ? cat("type ", *target.raw_type, " config ", hex(target.raw_config))
                               : std::string(counters[static_cast<std::size_t>(target.counter)].name);
  return cat("perf_event ", what,
             target.frequency != 0 ? cat(" at ", target.frequency, " Hz") : cat(" every ", target.period),
             target.pid > 0    ? cat(" in process ", target.pid)
             : target.pid == 0 ? " in this process"
                               : "",
             target.tid > 0    ? cat(" in thread ", target.tid)
             : target.tid == 0 ? " in this thread"
                               : "",
             target.cpu >= 0 ? cat(" on CPU ", target.cpu) : "");
}

perf_event_attr attributes(const PerfEventTarget& target) {
  const CounterRow& row = counters[static_cast<std::size_t>(target.counter)];
  perf_event_attr attr{};
  attr.size = sizeof attr;
  attr.type = target.raw_type.value_or(row.type);
  attr.config = target.raw_type ? target.raw_config : row.config;
  attr.freq = target.frequency != 0 ? 1 : 0;
  attr.sample_period =
      target.frequency != 0 ? target.frequency : target.period;  // one union with sample_freq
  return attr;
}

/// Where each event of a target counts: one of a thread on whatever processor it runs, or one per processor.
struct Place {
  int tid = -1;
  int cpu = -1;
};

/// The threads of a process that are not in `known`, which gets them. Errors: not_found (no such process), denied, kernel.
Result<std::vector<int>> new_threads(const PerfEventTarget& target, const std::string& root,
                                     std::set<int>& known) {
  const std::string folder =
      cat(root, "/proc/", target.pid == 0 ? std::string("self") : cat(target.pid), "/task");
  std::vector<int> fresh;
  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    int tid = 0;
    const auto [stop, error] = std::from_chars(name.data(), name.data() + name.size(), tid);
    if (error == std::errc() && stop == name.data() + name.size() && known.insert(tid).second) {
      fresh.push_back(tid);
    }
  }
  if (failure && known.empty()) {
    const int why = failure.value();
    return why == ENOENT || why == ESRCH ? fail_errno(ESRCH, "list its threads")
                                         : fail_errno(why, cat("list the threads in ", folder));
  }
  return fresh;
}

Error why_refused(Error error, const PerfEventTarget& target, const host::Facts& facts,
                  const AttachOptions& options) {
  const int why = error.sys_errno();
  if (why == ENOENT || why == EOPNOTSUPP) {
    return Error(Errc::unsupported,
                 cat(error.message(),
                     "; this machine has no such counter (virtual machines often have none of the hardware; "
                     "cpu-clock is everywhere)"),
                 why);
  }
  if (why == ESRCH) {
    return Error(Errc::not_found,
                 cat(error.message(), "; there is no ",
                     target.tid >= 0 ? cat("thread ", target.tid) : cat("process ", target.pid)),
                 why);
  }
  if (why == ENODEV) {
    return Error(Errc::not_found, cat(error.message(), "; there is no processor ", target.cpu, " at work"),
                 why);
  }
  const auto limit = read_text(cat(options.root, "/proc/sys/kernel/perf_event_max_sample_rate"));
  if (why == EINVAL && target.frequency != 0 && limit) {
    return Error(Errc::invalid,
                 cat(error.message(), "; the highest frequency is ", trim(*limit),
                     " (kernel.perf_event_max_sample_rate)"),
                 why);
  }
  return with_reason(std::move(error), facts, options,
                     {.noun = "perf_event programs",
                      .since = {4, 9},
                      .config = "CONFIG_PERF_EVENTS",
                      .rights_of = BPF_PROG_TYPE_PERF_EVENT});
}

Result<Fd> open_at(kernel::Kernel& kernel, const PerfEventTarget& target, const Place& place) {
  perf_event_attr attr = attributes(target);
  const std::string what = place.cpu >= 0 ? cat("open a perf event on CPU ", place.cpu) : "open a perf event";
  const kernel::PerfEventPlace at{.pid = place.tid, .cpu = place.cpu};
  if (target.pid < 0) {
    return open_event(kernel, attr, at, what);
  }
  attr.inherit = 1;
  attr.inherit_thread = 1;
  auto event = open_event(kernel, attr, at, what);
  if (event || event.error().sys_errno() != EINVAL) {
    return event;
  }
  // Before Linux 5.13 what is inherited goes to threads and to processes alike; a bit that is not known is EINVAL.
  attr.inherit_thread = 0;
  return open_event(kernel, attr, at, what);
}

/// One event for every thread. Those that end meanwhile are nobody's loss; those that start are looked for until there are no more: each is either found here, or
/// was started by one whose event it inherits.
Result<std::vector<Fd>> open_threads(kernel::Kernel& kernel, const PerfEventTarget& target,
                                     const std::string& root) {
  constexpr int most_looks = 100;
  std::vector<Fd> events;
  std::set<int> known;
  std::optional<Error> ended;
  for (int looks = 0; looks < most_looks; ++looks) {
    SKEP_TRY(const std::vector<int> fresh, new_threads(target, root, known));
    if (fresh.empty()) {
      break;
    }
    for (const int tid : fresh) {
      auto event = open_at(kernel, target, {.tid = tid, .cpu = target.cpu});
      if (event) {
        events.push_back(*std::move(event));
      } else if (event.error().sys_errno() == ESRCH) {
        ended = std::move(event).error();
      } else {
        return std::unexpected(std::move(event).error());
      }
    }
  }
  if (events.empty()) {
    return std::unexpected(ended ? *std::move(ended) : Error(Errc::not_found, "no thread is left", ESRCH));
  }
  return events;
}

Result<std::vector<Fd>> open_all(kernel::Kernel& kernel, const PerfEventTarget& target,
                                 const std::string& root) {
  if (target.pid >= 0) {
    return open_threads(kernel, target, root);
  }
  std::vector<Place> places;
  if (target.tid >= 0 || target.cpu >= 0) {
    places.push_back({.tid = target.tid, .cpu = target.cpu});
  } else {
    SKEP_TRY(const std::vector<u32> online, host::read_online_cpus(root));
    for (const u32 cpu : online) {
      places.push_back({.cpu = static_cast<int>(cpu)});
    }
  }
  std::vector<Fd> events;
  for (const Place& place : places) {
    SKEP_TRY(Fd event, open_at(kernel, target, place));
    events.push_back(std::move(event));
  }
  return events;
}

Result<std::unique_ptr<Attachment>> attach_counter(const Program& program, const PerfEventTarget& target,
                                                   const host::Facts& facts, const std::string& root) {
  SKEP_TRY(std::vector<Fd> events, open_all(program.kernel(), target, root));
  std::vector<std::unique_ptr<Attachment>> parts;
  for (Fd& event : events) {
    SKEP_TRY(auto part, attach_perf_event(program, std::move(event), target.cookie, facts));
    parts.push_back(std::move(part));
  }
  return std::make_unique<Several>(std::move(parts));
}

}  // namespace
}  // namespace attach

Result<Link> attach_perf_event_program(const Program& program, const PerfEventTarget& target,
                                       const AttachOptions& options) {
  if ((target.frequency == 0) == (target.period == 0)) {
    return fail(Errc::invalid, "perf_event: want a frequency or a period: one of the two");
  }
  if (target.pid >= 0 && target.tid >= 0) {
    return fail(Errc::invalid, "perf_event: want a process or one thread, not both");
  }
  const std::string noun = attach::noun_of(target);
  const host::Facts facts = attach::facts_for(program, options);
  auto made = attach::attach_counter(program, target, facts, options.root);
  if (!made) {
    return std::unexpected(attach::why_refused(std::move(made).error(), target, facts, options).within(noun));
  }
  return Link(*std::move(made), noun);
}

}  // namespace skep

#include <linux/perf_event.h>

#include <array>
#include <cerrno>

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
             target.pid >= 0 ? cat(" in process ", target.pid) : "",
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

/// One event of a process on whatever processor it runs, or one per processor.
Result<std::vector<int>> processors(const PerfEventTarget& target, const std::string& root) {
  if (target.cpu >= 0 || target.pid >= 0) {
    return std::vector<int>{target.cpu};
  }
  SKEP_TRY(const std::vector<u32> online, host::read_online_cpus(root));
  return std::vector<int>(online.begin(), online.end());
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
    return Error(Errc::not_found, cat(error.message(), "; there is no process ", target.pid), why);
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

Result<std::unique_ptr<Attachment>> attach_on(const Program& program, const PerfEventTarget& target, int cpu,
                                              const host::Facts& facts) {
  perf_event_attr attr = attributes(target);
  SKEP_TRY(Fd event, open_event(program.kernel(), attr, {.pid = target.pid, .cpu = cpu},
                                cpu >= 0 ? cat("open a perf event on CPU ", cpu) : "open a perf event"));
  return attach_perf_event(program, std::move(event), target.cookie, facts);
}

}  // namespace
}  // namespace attach

Result<Link> attach_perf_event_program(const Program& program, const PerfEventTarget& target,
                                       const AttachOptions& options) {
  if ((target.frequency == 0) == (target.period == 0)) {
    return fail(Errc::invalid, "perf_event: want a frequency or a period: one of the two");
  }
  const std::string noun = attach::noun_of(target);
  const host::Facts facts = attach::facts_for(program, options);
  SKEP_TRY_IN(noun, const std::vector<int> cpus, attach::processors(target, options.root));
  std::vector<std::unique_ptr<attach::Attachment>> parts;
  for (const int cpu : cpus) {
    auto made = attach::attach_on(program, target, cpu, facts);
    if (!made) {
      return std::unexpected(
          attach::why_refused(std::move(made).error(), target, facts, options).within(noun));
    }
    parts.push_back(*std::move(made));
  }
  return Link(std::make_unique<attach::Several>(std::move(parts)), noun);
}

}  // namespace skep

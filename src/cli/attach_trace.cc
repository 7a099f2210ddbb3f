#include "cli/attach_trace.h"

#include <algorithm>
#include <array>

#include "attach/by_section.h"
#include "base/result.h"
#include "skep/iterator.h"
#include "skep/perf_event.h"
#include "skep/tracing.h"

namespace skep::cli {
namespace {

constexpr auto at_functions = std::to_array<std::string_view>(
    {"kprobe", "kretprobe", "ksyscall", "kretsyscall", "kprobe.multi", "kretprobe.multi", "kprobe.session"});

Result<Link> attach_walk(Object& object, const Program& program, const TracePlace& place) {
  IteratorTarget target{.thread = place.tid, .process = place.pid, .cgroup = place.cgroup};
  if (!place.map.empty()) {
    target.map = object.map(place.map);
    if (target.map == nullptr) {
      return fail(Errc::not_found, cat("the object has no map '", place.map, "'"));
    }
  }
  return attach_iterator(program, target);
}

Result<Link> attach_counter(const Program& program, const TracePlace& place) {
  const auto told = [](u32 number) { return number == 0 ? -1 : static_cast<int>(number); };
  return attach_perf_event_program(
      program, {.frequency = place.frequency, .pid = told(place.pid), .tid = told(place.tid)});
}

/// What the section would say with this text behind it.
Result<Link> attach_as(const Program& program, const object::SectionRule& rule, std::string_view text) {
  const attach::SectionRow* row = attach::find_section_row(rule.name);
  SKEP_ASSERT(row != nullptr);
  return row->attach(program, text, {});
}

}  // namespace

bool takes_function(const object::SectionRule& rule) {
  return std::ranges::find(at_functions, rule.name) != at_functions.end();
}

Result<Link> attach_trace(Object& object, const Program& program, const TracePlace& place) {
  const object::SectionRule* rule = object::find_section_rule(program.traits().section);
  if (rule == nullptr) {
    return fail(Errc::invalid, "the section does not say what kind of program it is");
  }
  if (rule->attach == BPF_LSM_CGROUP) {
    return attach_lsm_cgroup(program, {.cgroup = place.cgroup});
  }
  if (rule->attach == BPF_TRACE_ITER) {
    return attach_walk(object, program, place);
  }
  if (rule->prog == BPF_PROG_TYPE_PERF_EVENT) {
    return attach_counter(program, place);
  }
  return attach_as(program, *rule, takes_function(*rule) ? place.function : place.tracepoint);
}

}  // namespace skep::cli

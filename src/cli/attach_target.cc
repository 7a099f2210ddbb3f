#include "cli/attach_target.h"

#include <array>

#include "base/text.h"
#include "cli/attach_network.h"
#include "cli/attach_trace.h"
#include "cli/attach_user.h"
#include "object/section_rules.h"
#include "skep/raw_tracepoint.h"

namespace skep::cli {

namespace {

/// One option, the programs that it is for, and what it does.
struct Way {
  std::string_view option;
  bool (*fits)(const object::SectionRule& rule);
  Result<Link> (*attach)(Object& object, const Program& program, const Arguments& arguments);
};

std::string value_of(const Arguments& arguments, std::string_view option) {
  return std::string(arguments.text(option).value_or(std::string_view()));
}

bool is_raw_tracepoint(const object::SectionRule& rule) {
  return rule.prog == BPF_PROG_TYPE_RAW_TRACEPOINT || rule.prog == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
}

Result<Link> to_raw_tracepoint(Object&, const Program& program, const Arguments& arguments) {
  return attach_raw_tracepoint(program, {.name = value_of(arguments, "tracepoint")});
}

bool is_tracepoint(const object::SectionRule& rule) {
  return rule.prog == BPF_PROG_TYPE_TRACEPOINT;
}

bool is_counter(const object::SectionRule& rule) {
  return rule.prog == BPF_PROG_TYPE_PERF_EVENT;
}

bool is_walk(const object::SectionRule& rule) {
  return rule.attach == BPF_TRACE_ITER;
}

bool is_cgroup_hook(const object::SectionRule& rule) {
  return rule.attach == BPF_LSM_CGROUP;
}

Result<Link> to_trace(Object& object, const Program& program, const Arguments& arguments) {
  return attach_trace(object, program,
                      {.function = value_of(arguments, "func"),
                       .tracepoint = value_of(arguments, "tracepoint"),
                       .cgroup = value_of(arguments, "cgroup"),
                       .map = value_of(arguments, "map"),
                       .frequency = arguments.number("frequency", 0),
                       .pid = arguments.number("pid", 0),
                       .tid = arguments.number("tid", 0)});
}

template <NetworkOption Option>
bool goes_by(const object::SectionRule& rule) {
  return option_for(rule.prog) == Option;
}

Result<Link> to_network(Object& object, const Program& program, const Arguments& arguments) {
  return attach_network(object, program,
                        {.iface = value_of(arguments, "iface"),
                         .cgroup = value_of(arguments, "cgroup"),
                         .netns = value_of(arguments, "netns"),
                         .lirc = value_of(arguments, "lirc"),
                         .map = value_of(arguments, "map"),
                         .hook = value_of(arguments, "hook"),
                         .mode = value_of(arguments, "xdp-mode"),
                         .route = value_of(arguments, "route"),
                         .priority = value_of(arguments, "priority")});
}

Result<Link> to_user(Object&, const Program& program, const Arguments& arguments) {
  return attach_user(program, {.path = value_of(arguments, "path"),
                               .function = value_of(arguments, "func"),
                               .pid = value_of(arguments, "pid")});
}

// The first that fits is taken.
constexpr auto ways = std::to_array<Way>({
    {.option = "tracepoint", .fits = is_raw_tracepoint, .attach = to_raw_tracepoint},
    {.option = "tracepoint", .fits = is_tracepoint, .attach = to_trace},
    {.option = "func", .fits = takes_function, .attach = to_trace},
    {.option = "frequency", .fits = is_counter, .attach = to_trace},
    {.option = "cgroup", .fits = is_cgroup_hook, .attach = to_trace},
    {.option = "cgroup", .fits = is_walk, .attach = to_trace},
    {.option = "map", .fits = is_walk, .attach = to_trace},
    {.option = "pid", .fits = is_walk, .attach = to_trace},
    {.option = "tid", .fits = is_walk, .attach = to_trace},
    {.option = "iface", .fits = goes_by<NetworkOption::iface>, .attach = to_network},
    {.option = "cgroup", .fits = goes_by<NetworkOption::cgroup>, .attach = to_network},
    {.option = "netns", .fits = goes_by<NetworkOption::netns>, .attach = to_network},
    {.option = "map", .fits = goes_by<NetworkOption::map>, .attach = to_network},
    {.option = "route", .fits = goes_by<NetworkOption::route>, .attach = to_network},
    {.option = "hook", .fits = goes_by<NetworkOption::hook>, .attach = to_network},
    {.option = "lirc", .fits = goes_by<NetworkOption::lirc>, .attach = to_network},
    {.option = "path", .fits = is_user_probe, .attach = to_user},
    {.option = "func", .fits = is_user_probe, .attach = to_user},
    {.option = "pid", .fits = is_user_probe, .attach = to_user},
});

const Way* way_for(std::string_view section, const Arguments& arguments) {
  const object::SectionRule* rule = object::find_section_rule(section);
  for (const Way& way : ways) {
    if (rule != nullptr && way.fits(*rule) && arguments.has(way.option)) {
      return &way;
    }
  }
  return nullptr;
}

}  // namespace

bool has_target(std::string_view section, const Arguments& arguments) {
  return way_for(section, arguments) != nullptr;
}

Result<std::optional<Link>> attach_to_target(Object& object, const Program& program,
                                             const Arguments& arguments) {
  const Way* way = way_for(program.traits().section, arguments);
  if (way == nullptr) {
    return std::optional<Link>();
  }
  auto link = way->attach(object, program, arguments);
  if (!link) {
    return std::unexpected(std::move(link).error().within(cat("program '", program.name(), "'")));
  }
  return std::optional<Link>(std::move(*link));
}

}  // namespace skep::cli

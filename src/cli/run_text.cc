#include <array>

#include "base/text.h"
#include "cli/run.h"
#include "cli/table.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

/// What a return value means where the kind of program has names for them.
std::string meaning_of(bpf_prog_type type, u32 value) {
  constexpr auto xdp =
      std::to_array<std::string_view>({"XDP_ABORTED", "XDP_DROP", "XDP_PASS", "XDP_TX", "XDP_REDIRECT"});
  constexpr auto tc =
      std::to_array<std::string_view>({"TC_ACT_OK", "TC_ACT_RECLASSIFY", "TC_ACT_SHOT", "TC_ACT_PIPE",
                                       "TC_ACT_STOLEN", "TC_ACT_QUEUED", "TC_ACT_REPEAT", "TC_ACT_REDIRECT"});
  std::string_view name;
  if (type == BPF_PROG_TYPE_XDP && value < xdp.size()) {
    name = xdp[value];
  }
  if (type == BPF_PROG_TYPE_SCHED_CLS || type == BPF_PROG_TYPE_SCHED_ACT) {
    name = value < tc.size() ? tc[value] : value == ~u32{0} ? "TC_ACT_UNSPEC" : "";
  }
  return name.empty() ? std::string() : cat(" ", name);
}

void show_runs(const RunStory& story, Output& out) {
  if (story.runs.empty()) {
    out.line("nothing to run: the kernel has no test run for programs of these types");
    return;
  }
  Table table({"program", "type", "returned", ">time", ""});
  for (const RunOutcome& run : story.runs) {
    table.row({{run.program, Style::name},
               {word(run.type), Style::type},
               run.error ? Cell{"failed", Style::bad}
                         : Cell{cat(run.return_value, meaning_of(run.type, run.return_value)), Style::number},
               {run.error || run.duration_ns == 0 ? "" : cat(run.duration_ns, " ns")},
               {run.repeat > 1 ? cat("mean of ", run.repeat) : "", Style::comment}});
  }
  table.print(out, 0);
  for (const RunOutcome& run : story.runs) {
    if (run.error) {
      out.complain(run.error->message());
    }
  }
}

void show_map(const MapState& map, Output& out) {
  const std::size_t count = map.elements.shown.size();
  const std::string rest = remainder_text(map.elements);
  std::string remark =
      map.error ? map.error->message()
                : cat(count, count == 1 ? " element" : " elements", rest.empty() ? "" : ", ", rest);
  out.line(cat("\n", out.paint(Style::title, map.name), " ",
               out.paint(Style::comment, cat("(", word(map.type), ": ", remark, ")"))));
  for (const Element& element : map.elements.shown) {
    out.line(cat("  ", element_text(map.view, element)));
  }
}

}  // namespace

void run_text(const RunStory& story, const ObjectSpec& spec, Output& out) {
  show_runs(story, out);
  if (!story.streams.empty()) {
    out.line();
    counts_text(story.streams, out);
  }
  state_text(story, spec, out);
}

void state_text(const RunStory& story, const ObjectSpec& spec, Output& out) {
  for (const MapState& map : story.maps) {
    show_map(map, out);
  }
  if (story.variables.empty()) {
    return;
  }
  out.line();
  out.heading("variables");
  for (const VariableState& variable : story.variables) {
    const std::string value =
        variable.error
            ? std::string()
            : cat(" = ", out.paint(Style::number,
                                   value_text(spec.btf.get(), variable.spec->type_id, variable.bytes)));
    const std::string why = variable.error ? cat(": ", variable.error->message()) : std::string();
    out.line(cat("  ", c_declaration(spec, *variable.spec), value, ";",
                 out.paint(Style::comment, cat("  // ", variable.spec->section, why))));
  }
}

}  // namespace skep::cli

// `skep run` of programs that are attached: streams until it is stopped.
#include <algorithm>

#include "base/result.h"
#include "cli/duration.h"
#include "cli/run.h"
#include "cli/words.h"
#include "skep/iterator.h"

namespace skep::cli {

namespace {

constexpr std::chrono::milliseconds look_every{100};

MapState read_map(const Map& map, u32 limit) {
  const MapTraits& traits = map.traits();
  MapState state{.name = traits.name, .type = traits.type};
  state.view = view_of(map);
  auto elements = read_elements(map, state.view, {.limit = limit, .zeroes = false});
  if (elements) {
    state.elements = *std::move(elements);
  } else {
    state.error = std::move(elements).error();
  }
  return state;
}

bool is_data(const ObjectSpec& spec, std::string_view name) {
  const auto map = std::ranges::find(spec.maps, name, &MapSpec::name);
  return map != spec.maps.end() && map->style == MapStyle::data;
}

std::string_view state_word(AttachOutcome::State state) {
  switch (state) {
    case AttachOutcome::State::attached: return "attached";
    case AttachOutcome::State::failed: return "failed";
    case AttachOutcome::State::not_loaded: return "not_loaded";
    case AttachOutcome::State::passed_over: return "passed_over";
    case AttachOutcome::State::needs_more: return "needs_more";
  }
  return "failed";
}

Json outcome_json(const AttachOutcome& outcome) {
  return {{"kind", "program"},
          {"program", outcome.program},
          {"section", outcome.section},
          {"state", state_word(outcome.state)},
          {"place", outcome.place.empty() ? Json(nullptr) : Json(outcome.place)},
          {"error", error_json(outcome.error)}};
}

void tell_why(const AttachOutcome& outcome, Output& out) {
  const bool is_loaded = outcome.state != AttachOutcome::State::not_loaded;
  const std::string_view why = outcome.error->message();  // of a verifier's story, how it begins
  out.remark(
      cat(outcome.program, is_loaded ? ": not attached: " : ": not loaded: ", why.substr(0, why.find('\n'))));
}

/// What is attached and what is not: for people on standard error, so that standard output holds records.
void tell_programs(const AttachReport& report, bool lasts, Output& out) {
  for (const AttachOutcome& outcome : report.programs) {
    if (out.is_json()) {
      out.json(outcome_json(outcome));
    } else if (outcome.state == AttachOutcome::State::attached) {
      out.remark(cat(outcome.program, ": attached to ", outcome.place));
    } else if (outcome.error) {
      tell_why(outcome, out);
    }
  }
  tell_notes(report.notes, out);
  if (!out.is_json() && lasts) {
    out.remark("^C ends it");
  }
}

bool is_walk(const Program* program) {
  return program != nullptr && program->traits().type == BPF_PROG_TYPE_TRACING &&
         program->traits().expected_attach_type == BPF_TRACE_ITER;
}

/// The iterators among what is attached, each with its program.
std::vector<std::pair<const Link*, const Program*>> walks_among(Object& object,
                                                                const std::vector<Link>& links,
                                                                const AttachReport& report) {
  std::vector<std::pair<const Link*, const Program*>> walks;
  for (std::size_t i = 0; i < links.size(); ++i) {
    const Program* const program = object.program(report.link_names[i]);
    if (is_walk(program)) {
      walks.emplace_back(&links[i], program);
    }
  }
  return walks;
}

/// What an iterator writes. Its program runs when somebody reads, which for people is now.
Result<void> show_walk(const Link& link, const Program& program, bool is_only, Output& out) {
  if (out.is_json()) {
    SKEP_TRY(const std::string text, read_iterator(link));
    out.json_line({{"kind", "walk"},
                   {"program", program.name()},
                   {"section", program.traits().section},
                   {"text", text}});
    return {};
  }
  if (!is_only) {
    out.line(cat(out.paint(Style::name, program.name()),
                 out.paint(Style::comment, cat(" (", program.traits().section, ")"))));
  }
  SKEP_TRY(IteratorReader reader, IteratorReader::open(link));
  while (!out.reader_is_gone() && out.lost() == 0) {
    SKEP_TRY_IN(link.place(), const auto piece, reader.next());
    if (!piece) {
      break;
    }
    out.write(*piece);
    out.flush();
  }
  return {};
}

void tell_end(const RunStory& story, const Object& object, double seconds, const Arguments& arguments,
              Status status, const std::optional<Error>& error, Output& out) {
  if (!out.is_json()) {
    out.line();
    counts_text(story.streams, out);
    state_text(story, object.spec(), out);
    return;
  }
  Json document = {{"kind", "end"},
                   {"file", arguments.words()[0]},
                   {"result", result_word(status)},
                   {"error", error_json(error)},
                   {"seconds", seconds},
                   {"streams", counts_json(story.streams)}};
  document.merge(state_json(story, object.spec()));
  out.json(document);
}

}  // namespace

void tell_notes(const std::vector<std::string>& notes, Output& out) {
  for (const std::string& note : notes) {
    if (out.is_json()) {
      out.json({{"kind", "note"}, {"text", note}});
    } else {
      out.remark(note);
    }
  }
}

Status tell_not_attached(const AttachReport& report, const Error& error, const Arguments& arguments,
                         Output& out) {
  const std::string& path = arguments.words()[0];
  const Status status = status_of(error.code(), Phase::kernel);
  for (const AttachOutcome& outcome : report.programs) {
    if (out.is_json()) {
      out.json(outcome_json(outcome));
    } else if (outcome.error && outcome.error->message() != error.message()) {
      tell_why(outcome, out);
    }
  }
  tell_notes(report.notes, out);
  if (!out.is_json()) {
    out.complain(error.message().starts_with(path) ? error.message() : cat(path, ": ", error.message()));
    return status;
  }
  out.json({{"kind", "end"},
            {"file", path},
            {"result", result_word(status)},
            {"error", error_json(error.clone())},
            {"seconds", 0},
            {"streams", Json::array()},
            {"maps", Json::array()},
            {"variables", Json::array()}});
  return status;
}

void read_state(Object& object, const Streams& streams, u32 limit, RunStory& story) {
  story.streams = streams.counts();
  for (const Map& map : object.maps()) {
    if (!is_data(object.spec(), map.name()) && !streams.has(map.name())) {
      story.maps.push_back(read_map(map, limit));
    }
  }
  for (const VariableSpec& variable : object.spec().variables) {
    VariableState state{.spec = &variable, .bytes = std::vector<std::byte>(variable.size_bytes)};
    const auto found = object.variable(variable);
    const bool is_kernels_own = object.spec().maps[variable.map].style == MapStyle::struct_ops;
    if (is_kernels_own || (!found && found.error().code() == Errc::not_found)) {
      continue;  // or of a section that was not created
    }
    const Result<void> done = found ? found->read(state.bytes) : std::unexpected(found.error().clone());
    if (!done) {
      state.error = done.error().clone();
    }
    story.variables.push_back(std::move(state));
  }
}

Status run_attached(Object& object, Streams& streams, std::vector<Link> links, const AttachReport& report,
                    Until& until, const Arguments& arguments, Output& out) {
  constexpr u32 default_limit = 32;
  const Impatience impatience(out, until);
  until.begin();
  const auto walks = walks_among(object, links, report);
  const bool walks_only = walks.size() == links.size();
  tell_programs(report, !arguments.has("for") && !walks_only, out);
  Result<void> shown;
  for (const auto& [link, program] : walks) {
    shown = shown ? show_walk(*link, *program, walks.size() == 1, out) : std::move(shown);
  }
  while (shown && !walks_only && !until.is_over() && !out.reader_is_gone() && out.lost() == 0) {
    shown = streams.show(until.wait_for(look_every), out);
  }
  Result<void> detached = detach_all(links);
  if (shown && detached) {
    shown = streams.show(std::chrono::nanoseconds(0), out);  // what came before all was detached
  }
  RunStory story;
  read_state(object, streams, arguments.number("limit", default_limit), story);
  std::optional<Error> error;
  for (Result<void>* step : {&shown, &detached}) {
    if (!*step && !error) {
      error = std::move(*step).error();
    }
  }
  const Status status = error ? status_of(error->code(), Phase::kernel) : Status::ok;
  if (error) {
    out.complain(error->message());
  }
  const std::chrono::duration<double> seconds = until.since_start();
  tell_end(story, object, seconds.count(), arguments, status, error, out);
  return status;
}

}  // namespace skep::cli

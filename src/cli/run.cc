// `skep run`: loads, attaches or test-runs, shows records, maps and variables.
#include "cli/run.h"

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/result.h"
#include "cli/duration.h"
#include "cli/prepare.h"
#include "cli/progress.h"
#include "cli/test_input.h"
#include "cli/verbs.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

constexpr u32 default_limit = 32;

/// What the user gave as input; nothing: the default of the program's type.
struct Input {
  std::optional<FileBytes> data;
  std::optional<FileBytes> context;
};

Result<std::optional<FileBytes>> read_option(const Arguments& arguments, std::string_view option) {
  const auto path = arguments.text(option);
  if (!path) {
    return std::optional<FileBytes>();
  }
  SKEP_TRY_IN(cat("--", option), FileBytes bytes, FileBytes::open(std::string(*path)));
  return std::optional<FileBytes>(std::move(bytes));
}

RunOutcome run_one(const Program& program, const Input& input, u32 repeat) {
  const Program::Traits& traits = program.traits();
  RunOutcome outcome{.program = traits.name,
                     .section = traits.section,
                     .type = traits.type,
                     .repeat = program.repeats() ? repeat : 1};
  const std::vector<std::byte> data = default_data(program);
  const std::vector<std::byte> context = default_context(traits.type);
  TestRun run{.data_in = data, .context_in = context, .repeat = outcome.repeat};
  if (input.data) {
    run.data_in = input.data->span();
  }
  if (input.context) {
    run.context_in = input.context->span();
  }
  auto result = program.test_run(run);
  if (!result) {
    outcome.error = std::move(result).error();
    return outcome;
  }
  outcome.return_value = result->return_value;
  outcome.duration_ns = static_cast<u64>(result->mean_duration.count());
  return outcome;
}

RunStory run_object(Object& object, const Arguments& arguments, const Input& input) {
  RunStory story;
  const std::vector<std::string> chosen = arguments.all("program");
  for (const Program& program : object.programs()) {
    const bool named = std::ranges::find(chosen, program.name()) != chosen.end();
    if (named || (chosen.empty() && program.can_test_run())) {
      story.runs.push_back(run_one(program, input, arguments.number("repeat", 1)));
    }
  }
  return story;
}

/// Whether the command line asks for test runs, whatever could be attached.
bool wants_test_runs(const Arguments& arguments) {
  constexpr auto options =
      std::to_array<std::string_view>({"test-run", "program", "repeat", "data-in", "ctx-in"});
  return std::ranges::any_of(options, [&](std::string_view option) { return arguments.has(option); });
}

/// The programs that --program names must exist; they are loaded also where the object leaves that open (SEC("?...")).
Result<void> want_named(ObjectSpec& spec, const Arguments& arguments) {
  for (const std::string& name : arguments.all("program")) {
    ProgramSpec* const wanted = spec.find_program(name);
    if (wanted == nullptr) {
      std::vector<std::string_view> names;
      for (const ProgramSpec& program : spec.programs) {
        names.push_back(program.name);
      }
      const auto similar = nearest(name, names);
      return fail(Errc::not_found,
                  cat("--program ", name, ": the object has no such program",
                      similar.empty() ? "" : cat("; did you mean ", join(similar, ", "), "?")));
    }
    wanted->autoload = true;
  }
  return {};
}

Status status_of_runs(const RunStory& story) {
  Status status = Status::ok;
  for (const RunOutcome& run : story.runs) {
    if (run.error) {
      status =
          worst(status, run.error->code() == Errc::invalid ? Status::refused
                                                           : status_of(run.error->code(), Phase::kernel));
    }
  }
  return status;
}

Status give_up(const std::string& path, Status status, const Error& error, Output& out) {
  if (out.is_json()) {
    out.json({{"file", path},
              {"result", result_word(status)},
              {"error", error_json(error.clone())},
              {"runs", Json::array()},
              {"streams", Json::array()},
              {"maps", Json::array()},
              {"variables", Json::array()}});
  } else {
    out.complain(error.message().starts_with(path) ? error.message() : cat(path, ": ", error.message()));
  }
  return status;
}

/// Shows what the test runs came to, after the records that they sent.
Status tell_runs(Object& object, Streams& streams, RunStory story, const Arguments& arguments, Output& out) {
  std::optional<Error> error;
  if (auto shown = streams.show(std::chrono::nanoseconds(0), out); !shown) {
    error = std::move(shown).error();
    out.complain(error->message());
  }
  read_state(object, streams, arguments.number("limit", default_limit), story);
  const Status status =
      worst(status_of_runs(story), error ? status_of(error->code(), Phase::kernel) : Status::ok);
  if (out.is_json()) {
    Json document = {
        {"file", arguments.words()[0]}, {"result", result_word(status)}, {"error", error_json(error)}};
    document.merge(run_json(story, object.spec()));
    out.json(document);
  } else {
    run_text(story, object.spec(), out);
  }
  return status;
}

/// Nothing: no section names a place, so the programs are to be test-run.
std::optional<Status> run_by_attaching(Object& object, Streams& streams,
                                       std::optional<std::chrono::nanoseconds> length,
                                       std::optional<Progress>& progress, const Arguments& arguments,
                                       Output& out) {
  Until until(length);
  AttachReport report;
  auto links = attach_all(object, {}, &report);
  progress.reset();
  if (!links) {
    return tell_not_attached(report, links.error(), arguments, out);
  }
  if (!links->empty()) {
    return run_attached(object, streams, *std::move(links), report, until, arguments, out);
  }
  if (length) {
    return give_up(arguments.words()[0], Status::usage,
                   Error(Errc::invalid,
                         "--for: no section names a place to attach to, so the programs are only test-run"),
                   out);
  }
  return std::nullopt;
}

}  // namespace

Status run(const Arguments& arguments, Output& out) {
  const std::string& path = arguments.words()[0];
  const auto length = for_length(arguments);
  if (!length) {
    return give_up(path, Status::usage, length.error(), out);
  }
  auto data = read_option(arguments, "data-in");
  auto context = read_option(arguments, "ctx-in");
  if (!data || !context) {
    return give_up(path, Status::malformed, data ? context.error() : data.error(), out);
  }
  auto spec = prepare(path, arguments);
  if (!spec) {
    return give_up(path, spec.error().status, spec.error().error, out);
  }
  if (const auto named = want_named(*spec, arguments); !named) {
    return give_up(path, Status::usage, named.error(), out);
  }
  const auto options = load_options(arguments);
  if (!options) {
    return give_up(path, options.error().status, options.error().error, out);
  }
  std::optional<Progress> progress(std::in_place, cat("running ", path));
  LoadReport loaded;
  auto object = Object::load(*std::move(spec), *options, &loaded);
  if (!object) {
    progress.reset();
    return give_up(path, status_of(object.error().code(), Phase::kernel), object.error(), out);
  }
  // Before anything runs, so that nothing is missed.
  auto streams = Streams::open(*object, arguments.all("event"));
  if (!streams) {
    progress.reset();
    const Errc code = streams.error().code();
    const bool is_usage = code == Errc::not_found || code == Errc::invalid;
    return give_up(path, is_usage ? Status::usage : status_of(code, Phase::kernel), streams.error(), out);
  }
  if (!loaded.notes.empty() || !streams->notes().empty()) {
    progress.reset();
    tell_notes(loaded.notes, out);
    tell_notes(streams->notes(), out);
  }
  if (!wants_test_runs(arguments)) {
    if (const auto status = run_by_attaching(*object, *streams, *length, progress, arguments, out)) {
      return *status;
    }
  }
  const Input input{.data = *std::move(data), .context = *std::move(context)};
  RunStory story = run_object(*object, arguments, input);
  progress.reset();  // its line must be gone when results come
  return tell_runs(*object, *streams, std::move(story), arguments, out);
}

Json run_json(const RunStory& story, const ObjectSpec& spec) {
  Json runs = Json::array();
  for (const RunOutcome& run : story.runs) {
    runs.push_back({{"program", run.program},
                    {"section", run.section},
                    {"type", word(run.type)},
                    {"return_value", run.error ? Json(nullptr) : Json(run.return_value)},
                    {"repeat", run.repeat},
                    {"duration_ns", run.duration_ns},
                    {"error", error_json(run.error)}});
  }
  Json document = {{"runs", runs}, {"streams", counts_json(story.streams)}};
  document.merge(state_json(story, spec));
  return document;
}

Json state_json(const RunStory& story, const ObjectSpec& spec) {
  Json maps = Json::array();
  for (const MapState& map : story.maps) {
    Json elements = Json::array();
    for (const Element& element : map.elements.shown) {
      elements.push_back(element_json(map.view, element));
    }
    maps.push_back({{"name", map.name},
                    {"type", word(map.type)},
                    {"elements", elements},
                    {"zeroes", map.elements.zeroes},
                    {"left_out", map.elements.left_out},
                    {"left_out_more", map.elements.left_out_more},
                    {"error", error_json(map.error)}});
  }
  Json variables = Json::array();
  for (const VariableState& variable : story.variables) {
    const u32 type_id = variable.spec->type_id;
    variables.push_back(
        {{"name", variable.spec->name},
         {"section", variable.spec->section},
         {"type", c_type(spec.btf.get(), type_id)},
         {"value", variable.error ? Json(nullptr) : value_json(spec.btf.get(), type_id, variable.bytes)},
         {"error", error_json(variable.error)}});
  }
  return {{"maps", maps}, {"variables", variables}};
}

}  // namespace skep::cli

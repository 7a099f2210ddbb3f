// `skep load`: loads, reports, lets go.
#include "cli/load.h"

#include <algorithm>

#include "base/text.h"
#include "cli/each.h"
#include "cli/prepare.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/test_input.h"
#include "cli/verbs.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

using Clock = std::chrono::steady_clock;

std::chrono::microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
}

void fail_story(LoadStory& story, Error error) {
  story.status = status_of(error.code(), Phase::kernel);
  const bool told = error.message().starts_with(story.file);
  story.error = told ? std::move(error) : std::move(error).within(story.file);
}

/// Test-runs the story's one loaded program on the input that `skep run` gives it, when the kernel can do that.
std::optional<Ran> test_run(Object& object, const std::string& name) {
  const Program* program = object.program(name);
  if (program == nullptr || !program->can_test_run()) {
    return std::nullopt;
  }
  const std::vector<std::byte> data = default_data(*program);
  const std::vector<std::byte> context = default_context(program->traits().type);
  auto result = program->test_run({.data_in = data, .context_in = context});
  if (!result) {
    return Ran{.error = std::move(result).error()};
  }
  return Ran{.return_value = result->return_value};
}

/// Loads what `spec` asks for and tells it in `story`.
std::optional<Object> load_spec(LoadStory& story, ObjectSpec spec, const Arguments& arguments) {
  const auto options = load_options(arguments);
  if (!options) {
    story.status = options.error().status;
    story.error = options.error().error.clone();
    return std::nullopt;
  }
  LoadReport report;
  auto object = Object::load(std::move(spec), *options, &report);
  describe_report(story, std::move(report));
  if (!object) {
    fail_story(story, std::move(object).error());
    return std::nullopt;
  }
  return *std::move(object);
}

LoadStory load_file(const std::string& path, const Arguments& arguments) {
  LoadStory story{.file = path};
  const Progress progress(cat("loading ", path));
  const auto start = Clock::now();
  auto spec = prepare(path, arguments);
  story.parse_time = since(start);
  if (!spec) {
    story.status = spec.error().status;
    story.error = std::move(spec.error().error);
    return story;
  }
  describe_spec(story, *spec);
  std::optional<Object> object = load_spec(story, *std::move(spec), arguments);
  if (const auto directory = arguments.text("pin"); object && directory) {
    if (auto pinned = object->pin(std::string(*directory)); !pinned) {
      fail_story(story, std::move(pinned).error());
    }
  }
  return story;
}

/// Loads one program of a file alone and adds what became of it to the file's story.
void load_alone(LoadStory& story, u32 program, const Arguments& arguments) {
  auto spec = prepare(story.file, arguments);
  if (!spec) {
    return;  // it could be read a moment ago; the program stays "not loaded"
  }
  leave_only(*spec, program);
  LoadStory alone{.file = story.file};
  describe_spec(alone, *spec);
  std::optional<Object> object = load_spec(alone, *std::move(spec), arguments);
  ProgramFate& fate = story.programs[program];
  fate = std::move(alone.programs[program]);
  if (object && arguments.has("run")) {
    fate.run = test_run(*object, fate.name);
    if (fate.run && fate.run->error) {
      story.status = worst(story.status, Status::refused);
    }
  }
  if (!object && !fate.error) {
    fate.error = std::move(alone.error);  // what failed came before the program: a map, a relocation
  }
  story.status = worst(story.status, alone.status);
  story.plan_time += alone.plan_time;
  story.load_time += alone.load_time;
  for (std::string& note : alone.notes) {
    if (std::ranges::find(story.notes, note) == story.notes.end()) {
      story.notes.push_back(std::move(note));
    }
  }
}

LoadStory load_each(const std::string& path, const Arguments& arguments) {
  LoadStory story{.file = path};
  const Progress progress(cat("loading the programs of ", path));
  const auto start = Clock::now();
  const auto spec = prepare(path, arguments);
  story.parse_time = since(start);
  if (!spec) {
    story.status = spec.error().status;
    story.error = spec.error().error.clone();
    return story;
  }
  describe_spec(story, *spec);
  for (u32 i = 0; i < spec->programs.size(); ++i) {
    if (spec->programs[i].autoload) {
      load_alone(story, i, arguments);
    }
  }
  return story;
}

/// A complaint about options that do not go together, or nothing.
std::string wrong_options(const Arguments& arguments) {
  constexpr u32 most_log_level = 7;
  if (const u32 level = arguments.number("log-level", 0); level > most_log_level) {
    return cat("--log-level wants a sum of 1, 2 and 4, not ", level);
  }
  if (arguments.has("each") && arguments.has("pin")) {
    return "--each lets each program go before the next; --pin would keep nothing";
  }
  if (arguments.has("run") && !arguments.has("each")) {
    return "--run goes with --each; to test-run a whole object there is `skep run`";
  }
  return {};
}

}  // namespace

Status load(const Arguments& arguments, Output& out) {
  if (const std::string complaint = wrong_options(arguments); !complaint.empty()) {
    out.complain(complaint);
    return Status::usage;
  }
  Status status = Status::ok;
  for (const std::string& path : arguments.words()) {
    const LoadStory story = arguments.has("each") ? load_each(path, arguments) : load_file(path, arguments);
    status = worst(status, story.status);
    if (out.is_json()) {
      out.json(story_json(story));
    } else {
      story_text(story, out);
    }
    if (story.status == Status::usage) {
      break;
    }
  }
  return status;
}

void describe_spec(LoadStory& story, const ObjectSpec& spec) {
  for (const ProgramSpec& program : spec.programs) {
    story.programs.push_back({.name = program.name,
                              .section = program.section,
                              .type = program.type,
                              .insns = static_cast<u32>(spec.code_of(program).insns.size()),
                              .skipped = !program.autoload});
  }
  for (const MapSpec& map : spec.maps) {
    story.maps.push_back({.name = map.name,
                          .type = map.type,
                          .key_bytes = map.key_bytes,
                          .value_bytes = map.value_bytes,
                          .max_entries = map.max_entries,
                          .flags = map.flags,
                          .style = map.style});
  }
}

void describe_report(LoadStory& story, LoadReport report) {
  for (std::size_t i = 0; i < report.programs.size() && i < story.programs.size(); ++i) {
    ProgramReport& told = report.programs[i];
    ProgramFate& fate = story.programs[i];
    fate.insns = told.insn_count != 0 ? told.insn_count : fate.insns;
    fate.loaded = told.loaded;
    fate.skipped = told.skipped;
    fate.error = std::move(told.error);
    fate.log = std::move(told.log.text);
  }
  story.notes = std::move(report.notes);
  story.plan_time = report.plan_time;
  story.load_time = report.load_time;
}

Json error_json(const std::optional<Error>& error) {
  if (!error) {
    return nullptr;
  }
  return {{"code", name_of(error->code())}, {"errno", error->sys_errno()}, {"message", error->message()}};
}

Json story_json(const LoadStory& story) {
  Json programs = Json::array();
  for (const ProgramFate& program : story.programs) {
    Json one = {{"name", program.name},   {"section", program.section}, {"type", word(program.type)},
                {"insns", program.insns}, {"loaded", program.loaded},   {"error", error_json(program.error)}};
    if (!program.log.empty()) {
      one.set("log", program.log);
    }
    if (program.run) {
      one.set("run",
              {{"return_value", program.run->return_value}, {"error", error_json(program.run->error)}});
    }
    programs.push_back(one);
  }
  Json maps = Json::array();
  for (const MapSummary& map : story.maps) {
    maps.push_back({{"name", map.name},
                    {"type", word(map.type)},
                    {"key_bytes", map.key_bytes},
                    {"value_bytes", map.value_bytes},
                    {"max_entries", map.max_entries},
                    {"flags", map.flags},
                    {"style", word(map.style)}});
  }
  return {{"file", story.file},
          {"result", result_word(story.status)},
          {"error", error_json(story.error)},
          {"programs", programs},
          {"maps", maps},
          {"notes", story.notes},
          {"phases_us",
           {{"parse", story.parse_time.count()},
            {"plan", story.plan_time.count()},
            {"load", story.load_time.count()}}}};
}

}  // namespace skep::cli

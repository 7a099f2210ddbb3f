// `skep attach`: loads, attaches, and keeps it so until ^C, or for good with --pin.
#include "skep/attach.h"

#include <algorithm>

#include "base/text.h"
#include "cli/attach_target.h"
#include "cli/duration.h"
#include "cli/load.h"
#include "cli/prepare.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "kernel/obj.h"
#include "load/this_machine.h"

namespace skep::cli {

namespace {

using State = AttachOutcome::State;

/// What came of the command line: told once, whatever it was.
struct Attached {
  std::optional<Object> object;
  std::vector<Link> links;
  AttachReport report;
  std::optional<Error> error;
  Status status = Status::ok;
};

void give_up(Attached& made, Error error, Status status) {
  made.error = std::move(error);
  made.status = status;
}

std::string_view word(State state) {
  switch (state) {
    case State::attached: return "attached";
    case State::failed: return "failed";
    case State::not_loaded: return "not loaded";
    case State::passed_over: return "passed over";
    case State::needs_more: return "needs a target";
  }
  return {};
}

/// Whether the object does without this program: it may be absent, or an alternative to it is attached.
bool is_done_without(const ObjectSpec& spec, const AttachReport& report, const std::string& program) {
  const ProgramSpec* const known = spec.find_program(program);
  if (known != nullptr && known->optional) {
    return true;
  }
  return std::ranges::any_of(spec.alternatives, [&](const std::vector<std::string>& names) {
    return std::ranges::find(names, program) != names.end() &&
           std::ranges::any_of(report.programs, [&](const AttachOutcome& outcome) {
             return outcome.state == State::attached &&
                    std::ranges::find(names, outcome.program) != names.end();
           });
  });
}

/// Whether the command line is to blame: an option that is missing, or that says what there is not.
bool is_usage(const AttachOutcome& outcome, const Arguments& arguments) {
  return outcome.state == State::needs_more ||
         (outcome.state == State::failed && outcome.error->code() == Errc::invalid &&
          has_target(outcome.section, arguments));
}

/// A program that the options have a target for is attached to that; the others by what their sections say. Who has neither is an error, unless the object does without it.
void attach_programs(Attached& made, const Arguments& arguments) {
  AttachAllOptions options{.jobs = arguments.number("jobs", 0)};
  options.attach_one = [&](const Program& program, const AttachOptions&) {
    return attach_to_target(*made.object, program, arguments);
  };
  std::vector<std::string> notes = std::move(made.report.notes);
  auto links = attach_all(*made.object, options, &made.report);
  made.report.notes.insert(made.report.notes.begin(), notes.begin(), notes.end());
  if (!links) {
    const bool is_wrong = links.error().code() == Errc::invalid &&
                          std::ranges::any_of(made.report.programs, [&](const AttachOutcome& outcome) {
                            return is_usage(outcome, arguments);
                          });
    const Status status = is_wrong ? Status::usage : status_of(links.error().code(), Phase::kernel);
    return give_up(made, std::move(links).error(), status);
  }
  made.links = std::move(*links);
  for (const AttachOutcome& outcome : made.report.programs) {
    if (outcome.state == State::needs_more &&
        !is_done_without(made.object->spec(), made.report, outcome.program)) {
      return give_up(made, outcome.error->clone(), Status::usage);
    }
  }
}

Json outcome_json(const AttachOutcome& outcome) {
  return {{"program", outcome.program},
          {"section", outcome.section},
          {"state", word(outcome.state)},
          {"place", outcome.place.empty() ? Json(nullptr) : Json(outcome.place)},
          {"error", error_json(outcome.error)}};
}

/// Why programs are absent that neither a note nor the error tells of.
void tell_absent(const Attached& made, Output& out) {
  for (const AttachOutcome& outcome : made.report.programs) {
    const bool is_absent = outcome.state == State::failed || outcome.state == State::not_loaded;
    const std::string named = cat("instead of '", outcome.program, "'");
    const bool is_noted =
        std::ranges::any_of(made.report.notes, [&](const std::string& note) { return note.contains(named); });
    if (is_absent && outcome.error && !is_noted && !made.error) {
      const std::string_view why = outcome.error->message();
      out.line(cat("note: ", outcome.program, " is absent: ", why.substr(0, why.find('\n'))));
    }
  }
}

void tell(const Attached& made, const std::string& path, Output& out) {
  if (out.is_json()) {
    Json programs = Json::array();
    for (const AttachOutcome& outcome : made.report.programs) {
      programs.push_back(outcome_json(outcome));
    }
    out.json({{"file", path},
              {"programs", programs},
              {"notes", made.report.notes},
              {"error", error_json(made.error)}});
  } else if (made.object) {
    Table table({"program", "section", "state", "place"});
    for (const AttachOutcome& outcome : made.report.programs) {
      table.row(
          {{outcome.program, Style::name},
           {outcome.section},
           {std::string(word(outcome.state)), outcome.state == State::attached ? Style::good : Style::plain},
           {outcome.place}});
    }
    table.print(out, 0);
    for (const std::string& note : made.report.notes) {
      out.line(cat("note: ", note));
    }
    tell_absent(made, out);
  }
  if (made.error) {
    out.complain(made.error->message());
  }
}

/// Pins each link under the name of its program, or of its struct_ops map. All or none.
Result<void> pin_all(Attached& made, const std::string& directory) {
  SKEP_CHECK(kernel::make_pin_directory(load::this_kernel(), directory.c_str()));
  for (std::size_t i = 0; i < made.links.size(); ++i) {
    if (auto pinned = made.links[i].pin(cat(directory, "/", made.report.link_names[i])); !pinned) {
      for (Link& link : made.links) {
        if (!link.pin_path().empty()) {
          static_cast<void>(link.unpin());
        }
      }
      return pinned;
    }
  }
  return {};
}

void load(Attached& made, const std::string& path, const Arguments& arguments) {
  auto spec = prepare(path, arguments);
  if (!spec) {
    return give_up(made, std::move(spec.error().error), spec.error().status);
  }
  auto options = load_options(arguments);
  if (!options) {
    return give_up(made, std::move(options.error().error), options.error().status);
  }
  LoadReport loaded;
  auto object = Object::load(*std::move(spec), *options, &loaded);
  if (!object) {
    for (ProgramReport& program : loaded.programs) {
      made.report.programs.push_back({.program = std::move(program.name),
                                      .section = std::move(program.section),
                                      .state = State::not_loaded,
                                      .error = std::move(program.error)});
    }
    made.report.notes = std::move(loaded.notes);
    const Status status = status_of(object.error().code(), Phase::kernel);
    return give_up(made, std::move(object).error(), status);
  }
  made.object = std::move(*object);
  made.report.notes = std::move(loaded.notes);
}

}  // namespace

Status attach(const Arguments& arguments, Output& out) {
  const std::string& path = arguments.words().front();
  const auto pin_directory = arguments.text("pin");
  Attached made;
  const auto length = for_length(arguments);
  if (length) {
    load(made, path, arguments);
  } else {
    give_up(made, length.error().clone(), Status::usage);
  }
  Until until(length.value_or(std::nullopt));
  const Impatience impatience(out, until);
  if (!made.error) {
    attach_programs(made, arguments);
  }
  if (!made.error && made.links.empty()) {
    give_up(made, Error(Errc::not_found, cat(path, ": there is nothing to attach")), Status::refused);
  }
  if (!made.error && pin_directory) {
    if (auto pinned = pin_all(made, std::string(*pin_directory)); !pinned) {
      const Status status = status_of(pinned.error().code(), Phase::kernel);
      give_up(made, std::move(pinned).error(), status);
    }
  }
  tell(made, path, out);
  if (made.error || pin_directory) {
    return made.status;
  }
  out.flush();
  until.begin();
  until.wait();
  if (auto done = detach_all(made.links); !done) {
    out.complain(done.error().message());
    return status_of(done.error().code(), Phase::kernel);
  }
  return Status::ok;
}

}  // namespace skep::cli

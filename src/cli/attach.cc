// `skep attach`: loads, attaches, and keeps it so until ^C, or for good with --pin.
#include "skep/attach.h"

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

struct Attached {
  std::vector<Link> links;
  AttachReport report;
  std::optional<Error> error;
};

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

/// A program that the options have a target for, or that fails for want of one, is attached here; the others by attach_all().
Attached attach(Object& object, const Arguments& arguments) {
  Attached made;
  AttachAllOptions options{.jobs = arguments.number("jobs", 0)};
  options.attach_one = [&](const Program& program, const AttachOptions&) {
    return attach_to_target(object, program, arguments);
  };
  auto links = attach_all(object, options, &made.report);
  if (!links) {
    made.error = std::move(links).error();
    return made;
  }
  made.links = std::move(*links);
  for (const AttachOutcome& outcome : made.report.programs) {
    if (outcome.state == State::needs_more && !made.error) {
      made.error = outcome.error->clone();
    }
  }
  return made;
}

Json outcome_json(const AttachOutcome& outcome) {
  return {{"program", outcome.program},
          {"section", outcome.section},
          {"state", word(outcome.state)},
          {"place", outcome.place.empty() ? Json(nullptr) : Json(outcome.place)},
          {"error", error_json(outcome.error)}};
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
    return;
  }
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

Status complain(const Error& error, Output& out) {
  out.complain(error.message());
  return status_of(error.code(), Phase::kernel);
}

}  // namespace

Status attach(const Arguments& arguments, Output& out) {
  const std::string& path = arguments.words().front();
  const auto length = for_length(arguments);
  if (!length) {
    out.complain(length.error().message());
    return Status::usage;
  }
  auto spec = prepare(path, arguments);
  if (!spec) {
    out.complain(spec.error().error.message());
    return spec.error().status;
  }
  const auto options = load_options(arguments);
  if (!options) {
    out.complain(options.error().error.message());
    return options.error().status;
  }
  auto object = Object::load(*std::move(spec), *options);
  if (!object) {
    return complain(object.error(), out);
  }
  Attached made = attach(*object, arguments);
  const Until until(*length);
  tell(made, path, out);
  if (made.error) {
    return complain(*made.error, out);
  }
  if (made.links.empty()) {
    out.complain(cat(path, ": there is nothing to attach"));
    return Status::refused;
  }
  if (const auto directory = arguments.text("pin")) {
    if (auto pinned = pin_all(made, std::string(*directory)); !pinned) {
      return complain(pinned.error(), out);
    }
    return Status::ok;
  }
  out.flush();
  until.wait();
  if (auto done = detach_all(made.links); !done) {
    return complain(done.error(), out);
  }
  return Status::ok;
}

}  // namespace skep::cli

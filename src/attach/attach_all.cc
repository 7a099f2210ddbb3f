// An object's programs to their places: several at once, the first of each list of alternatives, and everything undone when one that matters fails.
#include <algorithm>
#include <thread>

#include "base/parallel.h"
#include "base/result.h"
#include "load/absence.h"
#include "object/custom_sections.h"
#include "object/section_rules.h"
#include "skep/attach.h"
#include "skep/struct_ops.h"

namespace skep {
namespace {

using Clock = std::chrono::steady_clock;
using State = AttachOutcome::State;

/// Detaching is waiting for the kernel's grace periods; so many threads wait at once.
constexpr std::size_t detaching_threads = 32;

/// One place to fill: a program, or alternatives of which one is enough.
struct Task {
  std::vector<u32>
      programs;  ///< indexes into ObjectSpec::programs, best first; of a table those that no table before it has
  std::optional<Link> link;
  u32 attached = 0;                ///< whose link it is
  const MapSpec* table = nullptr;  ///< a struct_ops, which is attached as a whole
  std::optional<Error> error;      ///< of the table
};

/// Whether the section can say to what its programs are attached, and does not.
bool names_no_place(const ProgramSpec& program) {
  if (const auto custom = object::find_custom_section(program.section)) {
    return !custom->attach;
  }
  const object::SectionRule* rule = object::find_section_rule(program.section);
  return rule == nullptr || !rule->given.empty() ||
         (rule->target != object::Target::none && program.attach_target.empty());
}

std::vector<Task> tasks_of(const ObjectSpec& spec) {
  std::vector<Task> tasks;
  std::vector<bool> grouped(spec.programs.size());
  for (const std::vector<std::string>& names : spec.alternatives) {
    Task& task = tasks.emplace_back();
    for (const std::string& name : names) {
      if (const ProgramSpec* program = spec.find_program(name)) {
        task.programs.push_back(static_cast<u32>(program - spec.programs.data()));
        grouped[task.programs.back()] = true;
      }
    }
  }
  for (const MapSpec& map : spec.maps) {
    if (map.style == MapStyle::struct_ops && map.autocreate) {
      Task& task = tasks.emplace_back();
      task.table = &map;
      for (const MemberSpec& member : map.members) {
        if (member.program < grouped.size() && !grouped[member.program]) {
          task.programs.push_back(member.program);
          grouped[member.program] = true;
        }
      }
    }
  }
  for (u32 i = 0; i < spec.programs.size(); ++i) {
    if (!grouped[i]) {
      tasks.push_back({.programs = {i}});
    }
  }
  // In the order of the object, whatever the order of the lists: reports and errors follow it.
  std::ranges::stable_sort(
      tasks, {}, [](const Task& task) { return task.programs.empty() ? 0 : task.programs.front(); });
  return tasks;
}

/// What is in a sentence; the whole, which may be a verifier's story, is in the program's outcome.
std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find('\n'));
}

class Attaching {
 public:
  Attaching(Object& object, const AttachAllOptions& options, AttachReport& report)
      : object_(object), options_(options), report_(report) {
    for (const ProgramSpec& program : object.spec().programs) {
      report.programs.push_back({.program = program.name, .section = program.section});
    }
  }

  /// Fills one place. Touches the report only at the task's own programs.
  void run(Task& task) const {
    if (task.table != nullptr) {
      return attach_table(task);
    }
    for (const u32 index : task.programs) {
      AttachOutcome& outcome = report_.programs[index];
      const Program* program = object_.program(outcome.program);
      if (program == nullptr) {
        not_loaded(outcome);
      } else if (task.link) {
        outcome.state = State::passed_over;
      } else {
        attach(*program, object_.spec().programs[index], outcome, task);
      }
    }
  }

  /// The error of a task that matters and failed.
  std::optional<Error> failure(const Task& task) const {
    if (task.link || options_.keep_going) {
      return std::nullopt;
    }
    if (task.table != nullptr) {
      return task.error && !may_be_absent(*task.table) ? std::optional(task.error->clone()) : std::nullopt;
    }
    if (task.programs.size() == 1) {
      const AttachOutcome& only = report_.programs[task.programs.front()];
      const bool is_optional = object_.spec().programs[task.programs.front()].optional;
      return only.state == State::failed && !is_optional ? std::optional(only.error->clone()) : std::nullopt;
    }
    return failure_of_alternatives(task);
  }

  /// "'a' is attached instead of 'b': why b was not".
  void note_fallbacks(const Task& task) const {
    for (std::size_t i = 0; task.link && task.table == nullptr && i < task.programs.size(); ++i) {
      if (report_.programs[task.programs[i]].state != State::attached) {
        continue;
      }
      for (std::size_t before = 0; before < i; ++before) {
        const AttachOutcome& passed = report_.programs[task.programs[before]];
        report_.notes.push_back(cat(
            "program '", report_.programs[task.programs[i]].program, "' is attached instead of '",
            passed.program, "', which ", passed.state == State::not_loaded ? "was not loaded" : "cannot be",
            passed.error ? cat(": ", first_line(passed.error->message())) : std::string()));
      }
    }
  }

 private:
  void not_loaded(AttachOutcome& outcome) const {
    outcome.state = State::not_loaded;
    if (const Error* why = object_.why_not_loaded(outcome.program)) {
      outcome.error = why->clone();
    }
  }

  /// A table goes with its programs: when one may be absent, so may it.
  bool may_be_absent(const MapSpec& table) const {
    return std::ranges::any_of(table.members, [&](const MemberSpec& member) {
      return member.program < object_.spec().programs.size() &&
             object_.spec().programs[member.program].optional;
    });
  }

  void attach_table(Task& task) const {
    const Map* map = object_.map(task.table->name);
    if (map == nullptr) {  // it was not created, and its programs were not loaded
      for (const u32 index : task.programs) {
        not_loaded(report_.programs[index]);
      }
      return;
    }
    auto link = attach_struct_ops(*map, options_.attach);
    for (const u32 index : task.programs) {
      AttachOutcome& outcome = report_.programs[index];
      if (object_.program(outcome.program) == nullptr) {
        not_loaded(outcome);
        continue;
      }
      outcome.state = link ? State::attached : State::failed;
      outcome.place = link ? std::string(link->place()) : std::string();
      outcome.error = link ? std::nullopt : std::optional(link.error().clone());
    }
    if (link) {
      task.link = std::move(*link);
      task.attached = task.programs.empty() ? 0 : task.programs.front();
    } else {
      task.error = std::move(link).error();
    }
  }

  void attach(const Program& program, const ProgramSpec& spec, AttachOutcome& outcome, Task& task) const {
    auto given = options_.attach_one ? options_.attach_one(program, options_.attach)
                                     : Result<std::optional<Link>>(std::nullopt);
    const bool is_by_section = given && !*given;
    Result<Link> link = !given          ? Result<Link>(std::unexpected(std::move(given).error()))
                        : is_by_section ? attach_program(program, options_.attach)
                                        : Result<Link>(**std::move(given));
    if (link) {
      outcome.state = State::attached;
      outcome.place = link->place();
      task.link = std::move(*link);
      task.attached = static_cast<u32>(&outcome - report_.programs.data());
      return;
    }
    outcome.state = is_by_section && link.error().code() == Errc::invalid && names_no_place(spec)
                        ? State::needs_more
                        : State::failed;
    outcome.error = std::move(link).error();
  }

  bool has(const Task& task, State state) const {
    return std::ranges::any_of(task.programs,
                               [&](u32 index) { return report_.programs[index].state == state; });
  }

  std::optional<Error> failure_of_alternatives(const Task& task) const {
    if (has(task, State::needs_more) && !has(task, State::failed)) {
      return std::nullopt;
    }
    std::string reasons;
    const Error* first = nullptr;
    for (const u32 index : task.programs) {
      const AttachOutcome& outcome = report_.programs[index];
      if (outcome.error) {
        first = first == nullptr ? &*outcome.error : first;
      }
      reasons += cat("\n  ", outcome.program, ": ",
                     outcome.error ? outcome.error->message() : std::string("was not loaded"));
    }
    return Error(first != nullptr ? first->code() : Errc::not_found,
                 cat("none of the alternatives can be attached", reasons),
                 first != nullptr ? first->sys_errno() : 0);
  }

  Object& object_;
  const AttachAllOptions& options_;
  AttachReport& report_;
};

}  // namespace

Result<std::vector<Link>> attach_all(Object& object, const AttachAllOptions& options, AttachReport* report) {
  AttachReport unseen;
  AttachReport& told = report != nullptr ? *report : unseen;
  told = {};
  const Clock::time_point start = Clock::now();
  const Attaching attaching(object, options, told);
  std::vector<Task> tasks = tasks_of(object.spec());
  const std::size_t threads =
      options.jobs != 0 ? options.jobs : std::max(1U, std::thread::hardware_concurrency());
  run_parallel(tasks.size(), threads, [&](std::size_t i) { attaching.run(tasks[i]); });
  std::optional<Error> first;
  std::vector<Link> links;
  for (const Task& task : tasks) {
    if (!first) {
      first = attaching.failure(task);
    }
    attaching.note_fallbacks(task);
  }
  std::ranges::stable_sort(tasks, {}, &Task::attached);
  for (Task& task : tasks) {
    if (task.link) {
      links.push_back(std::move(*task.link));
      told.link_names.push_back(task.table != nullptr ? task.table->name
                                                      : told.programs[task.attached].program);
    }
  }
  told.time = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  if (first) {
    // What failed first is what the caller must hear.
    const auto detached = detach_all(links);
    static_cast<void>(detached);
    told.link_names.clear();
    return std::unexpected(std::move(*first));
  }
  return links;
}

Result<void> detach_all(std::vector<Link>& links) {
  std::vector<std::optional<Error>> errors(links.size());
  run_parallel(links.size(), std::min(links.size(), detaching_threads), [&](std::size_t i) {
    if (auto done = links[i].detach(); !done) {
      errors[i] = std::move(done).error();
    }
  });
  links.clear();
  for (std::optional<Error>& error : errors) {
    if (error) {
      return std::unexpected(std::move(*error));
    }
  }
  return {};
}

}  // namespace skep

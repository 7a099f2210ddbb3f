// `skep explain`: each system call that loading makes.
#include "cli/explain.h"

#include <algorithm>
#include "base/text.h"
#include "cli/load.h"
#include "cli/prepare.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "kernel/dry_kernel.h"
#include "kernel/host_kernel.h"
#include "load/this_machine.h"

namespace skep::cli {

namespace {

std::string result_text(const CallStory& call) {
  if (call.result < 0) {
    return cat("refused: ", errno_name(static_cast<int>(-call.result)));
  }
  const bool gives_descriptor = call.command == "BPF_MAP_CREATE" || call.command == "BPF_PROG_LOAD" ||
                                call.command == "BPF_BTF_LOAD" || call.command == "BPF_OBJ_GET" ||
                                call.command.ends_with("_GET_FD_BY_ID");
  return gives_descriptor ? cat("fd ", call.result) : std::string("done");
}

std::string time_text(u64 ns) {
  constexpr u64 us = 1000;
  return cat(ns / us, ".", ns % us / 100, " us");
}

void show_rewrites(const CallStory& call, Output& out) {
  if (call.rewrites.empty()) {
    return;
  }
  out.line(out.paint(Style::comment, cat("     rewritten instructions (", call.rewrites.size(), "):")));
  for (const Rewrite& rewrite : call.rewrites) {
    out.line(cat("     ", out.paint(Style::number, std::to_string(rewrite.insn)), ": ", rewrite.before));
    out.line(cat("       ", out.paint(Style::good, "-> "), rewrite.after,
                 out.paint(Style::name, cat("   ; ", rewrite.cause)),
                 out.paint(Style::comment, cat(" (", rewrite.function, "+", rewrite.function_insn, ")"))));
  }
}

void show_call(std::size_t number, const CallStory& call, Real real, Output& out) {
  std::string head =
      cat(number, ". ",
          out.paint(Style::title, call.command.empty() ? call.call : cat("bpf(", call.command, ")")));
  if (!call.subject.empty()) {
    head += cat("  ", out.paint(Style::name, call.subject));
  }
  if (real == Real::yes) {
    head += cat("  = ", out.paint(call.result < 0 ? Style::bad : Style::good, result_text(call)),
                out.paint(Style::comment, cat("  ", time_text(call.duration_ns))));
  }
  out.line(head);
  Table table({"", "", ""});
  for (const FieldStory& field : call.fields) {
    table.row({{field.name}, {field.value, Style::number}, {field.meaning, Style::comment}});
  }
  for (const FieldStory& field : call.results) {
    table.row({{cat("-> ", field.name)}, {field.value, Style::good}, {field.meaning, Style::comment}});
  }
  table.print(out, 5);
  show_rewrites(call, out);
}

Json fields_json(const std::vector<FieldStory>& fields) {
  Json list = Json::array();
  for (const FieldStory& field : fields) {
    list.push_back({{"name", field.name}, {"value", field.value}, {"meaning", field.meaning}});
  }
  return list;
}

/// Everything that explaining needs; two specs, because loading uses one up while the listener still reads the other.
struct Session {
  ObjectSpec kept;
  ObjectSpec loaded;
};

std::expected<Session, Failure> open_session(const std::string& path, const Arguments& arguments) {
  auto kept = prepare(path, arguments);
  if (!kept) {
    return std::unexpected(std::move(kept).error());
  }
  auto loaded = prepare(path, arguments);
  if (!loaded) {
    return std::unexpected(std::move(loaded).error());
  }
  return Session{.kept = *std::move(kept), .loaded = *std::move(loaded)};
}

void show_notes(const std::vector<std::string>& notes, Output& out) {
  if (notes.empty()) {
    return;
  }
  out.line("\nDone otherwise than the object says:");
  for (const std::string& note : notes) {
    out.line(cat("  ", note));
  }
}

/// What there is to show, also of a loading that failed.
struct Told {
  std::span<const CallStory> calls;
  std::vector<std::string> notes;
};

Status finish(const std::string& path, Real real, const Told& told, std::optional<Failure> failure,
              Output& out) {
  const Status status = failure ? failure->status : Status::ok;
  if (out.is_json()) {
    out.json({{"file", path},
              {"dry_run", real == Real::no},
              {"result", result_word(status)},
              {"error", failure ? error_json(failure->error.clone()) : Json(nullptr)},
              {"calls", calls_json(told.calls)},
              {"notes", told.notes}});
    return status;
  }
  if (!failure || !told.calls.empty()) {
    calls_text(told.calls, real, out);
  }
  show_notes(told.notes, out);
  if (failure) {
    const std::string& message = failure->error.message();
    out.complain(message.starts_with(path) ? message : cat(path, ": ", message));
  }
  return status;
}

}  // namespace

Status explain(const Arguments& arguments, Output& out) {
  const std::string& path = arguments.words()[0];
  const Real real = arguments.has("dry-run") ? Real::no : Real::yes;
  auto session = open_session(path, arguments);
  if (!session) {
    return finish(path, real, {}, std::move(session).error(), out);
  }
  auto given = load_options(arguments);
  if (!given) {
    return finish(path, real, {}, std::move(given).error(), out);
  }
  LoadOptions options = *std::move(given);
  options.jobs = 1;  // one after another, so that the order of the calls is the order of the story
  kernel::HostKernel host;
  kernel::DryKernel dry;
  load::LoadPlan plan;
  Listener listener(session->kept, plan);
  kernel::Kernel& inner = real == Real::yes ? static_cast<kernel::Kernel&>(host) : dry;
  kernel::TracingKernel tracing(inner, [&](const kernel::CallEvent& event) { listener.tell(event); });
  options.kernel = &tracing;
  // What planning asks the kernel is heard here; loading, which plans too, finds the answers kept.
  if (auto planned = load::plan(session->kept, load::facts_for(options), options.pin_root)) {
    plan = *std::move(planned);
    dry.modules = plan.modules;
  } else {
    const Status status = status_of(planned.error().code(), Phase::kernel);
    return finish(path, real, {.calls = listener.calls()}, Failure{status, std::move(planned).error()}, out);
  }
  std::optional<Progress> progress(std::in_place, cat("loading ", path));
  LoadReport report;
  auto object = Object::load(std::move(session->loaded), options, &report);
  progress.reset();  // its line must be gone when the story comes
  std::optional<Failure> failure;
  if (!object) {
    failure.emplace(Failure{status_of(object.error().code(), Phase::kernel), std::move(object).error()});
  }
  return finish(path, real, {.calls = listener.calls(), .notes = std::move(report.notes)}, std::move(failure),
                out);
}

void calls_text(std::span<const CallStory> calls, Real real, Output& out) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (i > 0) {
      out.line();
    }
    show_call(i + 1, calls[i], real, out);
  }
  const auto bpf_calls = std::ranges::count(calls, "bpf", &CallStory::call);
  out.line(cat("\n", calls.size(), " system calls, ", bpf_calls, " of them bpf(2)",
               real == Real::no ? "; none was made (dry run)" : ""));
}

Json calls_json(std::span<const CallStory> calls) {
  Json list = Json::array();
  for (const CallStory& call : calls) {
    Json rewrites = Json::array();
    for (const Rewrite& rewrite : call.rewrites) {
      rewrites.push_back({{"insn", rewrite.insn},
                          {"function", rewrite.function},
                          {"function_insn", rewrite.function_insn},
                          {"before", rewrite.before},
                          {"after", rewrite.after},
                          {"cause", rewrite.cause}});
    }
    list.push_back({{"call", call.call},
                    {"command", call.command.empty() ? Json(nullptr) : Json(call.command)},
                    {"subject", call.subject.empty() ? Json(nullptr) : Json(call.subject)},
                    {"fields", fields_json(call.fields)},
                    {"results", fields_json(call.results)},
                    {"rewrites", rewrites},
                    {"result", call.result},
                    {"duration_ns", call.duration_ns}});
  }
  return list;
}

}  // namespace skep::cli

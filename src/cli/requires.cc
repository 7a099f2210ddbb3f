// `skep requires`: what an object asks of a kernel; asks no kernel.
#include "base/text.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "skep/needs.h"

namespace skep::cli {

namespace {

Json release_json(needs::Release release) {
  return release.is_known() ? Json(needs::to_text(release)) : Json(nullptr);
}

Json need_json(const needs::Need& need) {
  const bool has_line = need.where.line != 0;
  return {{"kind", needs::name_of(need.kind)},
          {"name", need.name},
          {"since", release_json(need.since)},
          {"why", need.why},
          {"guarded", need.guarded},
          {"source", has_line ? Json{{"file", need.where.file},
                                     {"line", need.where.line},
                                     {"column", need.where.column},
                                     {"text", need.where.source}}
                              : Json(nullptr)}};
}

Json needs_json(const std::vector<needs::Need>& all) {
  Json list = Json::array();
  for (const needs::Need& need : all) {
    list.push_back(need_json(need));
  }
  return list;
}

Json requires_json(const std::string& path, const needs::ObjectNeeds& object) {
  Json programs = Json::array();
  for (const needs::ProgramNeeds& program : object.programs) {
    programs.push_back({{"name", program.program},
                        {"section", program.section},
                        {"type", word(program.type)},
                        {"instruction_set", cat("v", program.instruction_set)},
                        {"least_release", release_json(program.least)},
                        {"needs", needs_json(program.needs)},
                        {"config", program.config},
                        {"capabilities", program.capabilities}});
  }
  return {{"file", path},
          {"least_release", release_json(object.least)},
          {"kernel_btf", object.needs_kernel_types},
          {"steps", needs_json(object.steps)},
          {"config", object.config},
          {"capabilities", object.capabilities},
          {"programs", programs}};
}

std::string since_text(const needs::Need& need) {
  return need.since.is_known() ? needs::to_text(need.since) : "?";
}

std::string kind_words(needs::NeedKind kind) {
  std::string text(needs::name_of(kind));
  for (char& c : text) {
    c = c == '_' ? ' ' : c;
  }
  return text;
}

void show_program(const needs::ProgramNeeds& program, Output& out) {
  out.heading(cat("\nprogram ", program.program, " (section '", program.section, "', ", word(program.type),
                  ", instruction set v", program.instruction_set, ")"));
  Table table({"since", "", "", "", ""});
  for (const needs::Need& need : program.needs) {
    table.row({{since_text(need), Style::number},
               {kind_words(need.kind), Style::comment},
               {need.name, Style::name},
               {need.why},
               {need.guarded ? "can do without" : "", Style::comment}});
  }
  table.print(out, 2);
}

void requires_text(const std::string& path, const needs::ObjectNeeds& object, Output& out) {
  if (object.programs.empty()) {
    out.line(cat(path, ": no program that is loaded by default"));
    return;
  }
  out.line(cat(path, ": needs Linux ", needs::to_text(object.least), " or later",
               object.needs_kernel_types ? ", with BTF" : ""));
  Table steps({"", "", "", ""});
  for (const needs::Need& step : object.steps) {
    steps.row({{needs::to_text(step.since), Style::number},
               {kind_words(step.kind), Style::comment},
               {step.name, Style::name},
               {step.why}});
  }
  steps.print(out, 2);
  out.heading("\nconfiguration");
  for (const std::string& option : object.config) {
    out.line(cat("  ", option));
  }
  out.heading("\ncapabilities");
  out.line(cat("  ", join(object.capabilities, ", "), " (before Linux 5.8: CAP_SYS_ADMIN)"));
  for (const needs::ProgramNeeds& program : object.programs) {
    show_program(program, out);
  }
}

}  // namespace

Status requires_(const Arguments& arguments, Output& out) {
  Status status = Status::ok;
  bool first = true;
  for (const std::string& path : arguments.words()) {
    const auto spec = ObjectSpec::read_file(path);
    if (!spec) {
      out.complain(spec.error().message());
      status = worst(status, status_of(spec.error().code(), Phase::reading));
      continue;
    }
    const needs::ObjectNeeds object = needs::requirements(*spec);
    if (out.is_json()) {
      out.json(requires_json(path, object));
      continue;
    }
    if (!first) {
      out.line();
    }
    first = false;
    requires_text(path, object, out);
  }
  return status;
}

}  // namespace skep::cli

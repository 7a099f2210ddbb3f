#include "cli/prepare.h"

#include <algorithm>
#include <charconv>

#include "base/result.h"
#include "host/config_file.h"

namespace skep::cli {

namespace {

Result<void> set_variable(ObjectSpec& spec, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return fail(Errc::invalid, cat("--set wants VAR=VALUE, not '", text, "'"));
  }
  SKEP_CHECK_IN(cat("--set ", text), spec.set_text(trim(std::string_view(text).substr(0, equals)),
                                                   trim(std::string_view(text).substr(equals + 1))));
  return {};
}

Result<ProgramSpec*> find_program(ObjectSpec& spec, std::string_view option, std::string_view name) {
  if (ProgramSpec* program = spec.find_program(name)) {
    return program;
  }
  std::vector<std::string_view> names;
  for (const ProgramSpec& program : spec.programs) {
    names.push_back(program.name);
  }
  const std::vector<std::string> similar = nearest(name, names);
  return fail(Errc::not_found, cat("--", option, " ", name, ": the object has no such program",
                                   similar.empty() ? "" : cat("; did you mean ", join(similar, ", "), "?")));
}

Result<void> choose_programs(ObjectSpec& spec, const Arguments& arguments) {
  const std::vector<std::string> only = arguments.all("only");
  std::vector<const ProgramSpec*> chosen;
  for (const std::string& name : only) {
    SKEP_TRY(const ProgramSpec* program, find_program(spec, "only", name));
    chosen.push_back(program);
  }
  for (ProgramSpec& program : spec.programs) {
    if (!only.empty()) {
      program.autoload = std::ranges::find(chosen, &program) != chosen.end();
    }
  }
  for (const std::string& name : arguments.all("skip")) {
    SKEP_TRY(ProgramSpec * program, find_program(spec, "skip", name));
    program->autoload = false;
  }
  for (const std::string& name : arguments.all("optional")) {
    SKEP_TRY(ProgramSpec * program, find_program(spec, "optional", name));
    program->optional = true;
  }
  for (const std::string& list : arguments.all("first-of")) {
    std::vector<std::string> names;
    for (const std::string_view name : split(list, ',')) {
      names.emplace_back(trim(name));
    }
    SKEP_CHECK_IN(cat("--first-of ", list), spec.prefer(std::move(names)));
  }
  return {};
}

/// PROG=ID or PROG=/path/of/its/pin, either with ":FUNCTION" after it.
Result<void> set_replaced(ObjectSpec& spec, const std::string& text) {
  const std::size_t equals = text.find('=');
  std::string_view target =
      equals == std::string::npos ? std::string_view() : std::string_view(text).substr(equals + 1);
  const std::size_t colon = target.rfind(':');
  const std::string_view function =
      colon == std::string_view::npos ? std::string_view() : target.substr(colon + 1);
  target = target.substr(0, colon);
  if (equals == 0 || target.empty()) {
    return fail(Errc::invalid,
                cat("--replace wants PROG=ID or PROG=PATH, and :FUNCTION after it or in the section, not '",
                    text, "'"));
  }
  SKEP_TRY(ProgramSpec * program, find_program(spec, "replace", std::string_view(text).substr(0, equals)));
  u32 id = 0;
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), id);
  const bool is_id = error == std::errc() && end == target.data() + target.size();
  program->replaces = is_id ? TargetProgram{.id = id} : TargetProgram{.pin = std::string(target)};
  if (!function.empty()) {
    program->attach_target = function;
  }
  return {};
}

Result<void> set_exclusive(ObjectSpec& spec, const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return fail(Errc::invalid, cat("--exclusive wants MAP=PROG, not '", text, "'"));
  }
  MapSpec* map = spec.find_map(std::string_view(text).substr(0, equals));
  if (map == nullptr) {
    return fail(Errc::not_found, cat("--exclusive ", text, ": the object has no such map"));
  }
  SKEP_TRY(const ProgramSpec* program,
           find_program(spec, "exclusive", std::string_view(text).substr(equals + 1)));
  map->exclusive_program = program->name;
  return {};
}

Result<void> apply(ObjectSpec& spec, const Arguments& arguments) {
  for (const std::string& text : arguments.all("set")) {
    SKEP_CHECK(set_variable(spec, text));
  }
  for (const std::string& text : arguments.all("replace")) {
    SKEP_CHECK(set_replaced(spec, text));
  }
  for (const std::string& text : arguments.all("exclusive")) {
    SKEP_CHECK(set_exclusive(spec, text));
  }
  return choose_programs(spec, arguments);
}

}  // namespace

std::expected<ObjectSpec, Failure> prepare(const std::string& path, const Arguments& arguments) {
  auto spec = ObjectSpec::read_file(path);
  if (!spec) {
    const Status status = status_of(spec.error().code(), Phase::reading);
    return std::unexpected(Failure{status, std::move(spec).error()});
  }
  if (auto applied = apply(*spec, arguments); !applied) {
    return std::unexpected(Failure{Status::usage, std::move(applied).error().within(path)});
  }
  return *std::move(spec);
}

std::expected<LoadOptions, Failure> load_options(const Arguments& arguments) {
  LoadOptions options{.jobs = arguments.number("jobs", 0),
                      .log_level = arguments.number("log-level", 0),
                      .btf_path = std::string(arguments.text("btf").value_or(std::string_view())),
                      .token_path = std::string(arguments.text("token").value_or(std::string_view()))};
  if (const auto path = arguments.text("kconfig")) {
    auto text = host::read_config_file(std::string(*path));
    if (!text) {
      const Status status = status_of(text.error().code(), Phase::reading);
      return std::unexpected(Failure{status, std::move(text).error().within("--kconfig")});
    }
    options.kconfig = *std::move(text);
  }
  return options;
}

}  // namespace skep::cli

// `skep check`: would these objects load on those kernels? Asks no kernel.
#include "cli/check.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "base/text.h"
#include "cli/kernel_list.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace skep::cli {

namespace {

/// "6.1" for the only kernel of that series, else the whole release.
std::string short_name(const needs::KernelTypes& kernel, const std::vector<needs::KernelTypes>& all) {
  const auto series = needs::parse_release(kernel.release);
  if (!series) {
    return {};
  }
  const auto alike = std::ranges::count_if(
      all, [&](const needs::KernelTypes& other) { return needs::parse_release(other.release) == series; });
  return alike == 1 ? needs::to_text(*series) : kernel.release;
}

Json place_json(const needs::Place& place) {
  if (place.line == 0) {
    return nullptr;
  }
  return {{"file", place.file}, {"line", place.line}, {"column", place.column}, {"text", place.source}};
}

Json findings_json(const std::vector<needs::Finding>& findings) {
  Json list = Json::array();
  for (const needs::Finding& finding : findings) {
    list.push_back({{"rule", finding.rule},
                    {"text", finding.text},
                    {"guarded", finding.guarded},
                    {"source", place_json(finding.where)}});
  }
  return list;
}

std::string place_text(const needs::Place& place) {
  return place.line == 0 ? std::string() : cat(place.file, ":", place.line, ":", place.column, ": ");
}

/// What is the same on several kernels is told once.
struct Told {
  std::string text;
  std::vector<std::string> kernels;
};

void tell(std::vector<Told>& all, const std::string& text, const std::string& kernel) {
  const auto known = std::ranges::find(all, text, &Told::text);
  if (known == all.end()) {
    all.push_back({.text = text, .kernels = {kernel}});
  } else if (known->kernels.back() != kernel) {
    known->kernels.push_back(kernel);
  }
}

void print_told(const std::vector<Told>& all, std::string_view mark, Style style, Output& out) {
  for (const Told& told : all) {
    out.line(cat("    ", out.paint(style, mark), " on ", join(told.kernels, ", "), ": ", told.text));
  }
}

std::vector<std::string> kernels_of(const std::vector<CheckedObject>& objects) {
  std::vector<std::string> kernels;
  for (const CheckedObject& object : objects) {
    if (std::ranges::find(kernels, object.kernel) == kernels.end()) {
      kernels.push_back(object.kernel);
    }
  }
  return kernels;
}

struct ProgramRows {
  std::string file;
  std::string program;
  std::map<std::string, const needs::Verdict*> by_kernel;
};

std::vector<ProgramRows> by_program(const std::vector<CheckedObject>& objects) {
  std::vector<ProgramRows> rows;
  for (const CheckedObject& object : objects) {
    for (const needs::Verdict& verdict : object.verdicts) {
      auto known = std::ranges::find_if(rows, [&](const ProgramRows& row) {
        return row.file == object.file && row.program == verdict.program;
      });
      if (known == rows.end()) {
        rows.push_back({.file = object.file, .program = verdict.program, .by_kernel = {}});
        known = rows.end() - 1;
      }
      known->by_kernel[object.kernel] = &verdict;
    }
  }
  return rows;
}

void print_details(const ProgramRows& row, const std::vector<std::string>& kernels, Output& out) {
  std::vector<Told> fails;
  std::vector<Told> guarded;
  std::vector<Told> notes;
  for (const std::string& kernel : kernels) {
    const auto verdict = row.by_kernel.find(kernel);
    if (verdict == row.by_kernel.end()) {
      continue;
    }
    for (const needs::Finding& finding : verdict->second->findings) {
      tell(finding.guarded ? guarded : fails, cat(place_text(finding.where), finding.text), kernel);
    }
    for (const std::string& note : verdict->second->notes) {
      tell(notes, note, kernel);
    }
  }
  if (!fails.empty() || !guarded.empty() || !notes.empty()) {
    out.line(cat("  ", out.paint(Style::name, row.program), " (", row.file, ")"));
    print_told(fails, "fails", Style::bad, out);
    print_told(guarded, "guarded", Style::comment, out);
    print_told(notes, "note", Style::comment, out);
  }
}

/// What --btf says, or the archive that `skep btf fetch` fills.
Result<std::string> where_kernels_are(const Arguments& arguments) {
  if (const auto given = arguments.text("btf")) {
    return std::string(*given);
  }
  auto archive = archive_folder();
  if (archive && std::filesystem::is_directory(*archive)) {
    return archive;
  }
  return fail(Errc::invalid, cat("check wants --btf FILE or --btf DIR, the types of the kernels to check "
                                 "against; `skep btf fetch` fills the "
                                 "archive that is read otherwise",
                                 archive ? cat(": there is no ", *archive) : std::string()));
}

}  // namespace

Json check_json(const std::vector<CheckedObject>& objects) {
  Json rows = Json::array();
  for (const CheckedObject& object : objects) {
    for (const needs::Verdict& verdict : object.verdicts) {
      rows.push_back({{"file", object.file},
                      {"program", verdict.program},
                      {"kernel", object.kernel},
                      {"verdict", verdict.loads ? "loads" : "fails"},
                      {"reason", verdict.loads ? Json(nullptr) : Json(verdict.reason)},
                      {"release", object.release},
                      {"findings", findings_json(verdict.findings)},
                      {"notes", verdict.notes}});
    }
  }
  return rows;
}

void check_text(const std::vector<CheckedObject>& objects, Output& out) {
  const std::vector<std::string> kernels = kernels_of(objects);
  const std::vector<ProgramRows> rows = by_program(objects);
  std::vector<std::string> columns{"file", "program"};
  columns.insert(columns.end(), kernels.begin(), kernels.end());
  Table table(columns);
  for (const ProgramRows& row : rows) {
    std::vector<Cell> cells{{row.file}, {row.program, Style::name}};
    for (const std::string& kernel : kernels) {
      const auto verdict = row.by_kernel.find(kernel);
      const bool loads = verdict != row.by_kernel.end() && verdict->second->loads;
      cells.push_back({loads ? "loads" : "FAILS", loads ? Style::good : Style::bad});
    }
    table.row(std::move(cells));
  }
  table.print(out, 0);
  out.line();
  for (const ProgramRows& row : rows) {
    print_details(row, kernels, out);
  }
}

Status check(const Arguments& arguments, Output& out) {
  const auto path = where_kernels_are(arguments);
  if (!path) {
    out.complain(path.error().message());
    return Status::usage;
  }
  const auto kernels = needs::read_kernels(*path, wanted_releases(arguments));
  if (!kernels) {
    out.complain(cat("--btf ", kernels.error().message()));
    return status_of_kernels(kernels.error());
  }
  Status status = Status::ok;
  std::vector<ObjectSpec> specs;
  for (const std::string& file : arguments.words()) {
    auto spec = ObjectSpec::read_file(file);
    if (!spec) {
      out.complain(spec.error().message());
      status = worst(status, status_of(spec.error().code(), Phase::reading));
      continue;
    }
    specs.push_back(*std::move(spec));
  }
  std::vector<CheckedObject> objects;
  for (const needs::KernelTypes& kernel : *kernels) {
    for (const ObjectSpec& spec : specs) {
      CheckedObject object{.file = spec.path,
                           .kernel = short_name(kernel, *kernels),
                           .release = kernel.release,
                           .verdicts = needs::check(spec, kernel)};
      for (const needs::Verdict& verdict : object.verdicts) {
        status = worst(status, verdict.loads ? Status::ok : Status::refused);
        object.release = verdict.kernel;
      }
      if (object.kernel.empty()) {
        object.kernel = object.release;
      }
      objects.push_back(std::move(object));
    }
  }
  if (arguments.has("sarif")) {
    out.json(check_sarif(objects));
  } else if (out.is_json()) {
    out.json(check_json(objects));
  } else {
    check_text(objects, out);
  }
  return status;
}

}  // namespace skep::cli

// `skep features`: what this kernel has, and why it lacks what it lacks.
#include "skep/features.h"

#include <algorithm>

#include "base/text.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

std::string_view has_word(Has has) {
  switch (has) {
    case Has::no: return "no";
    case Has::yes: return "yes";
    case Has::unknown: return "unknown";
  }
  std::unreachable();
}

struct Group {
  std::string_view title;
  std::string_view json;
  std::vector<Ability> KernelFeatures::* abilities;
};

constexpr auto groups = std::to_array<Group>({
    {"program types", "program_types", &KernelFeatures::program_types},
    {"map types", "map_types", &KernelFeatures::map_types},
    {"attach types", "attach_types", &KernelFeatures::attach_types},
    {"link types", "link_types", &KernelFeatures::link_types},
    {"instructions", "instructions", &KernelFeatures::instructions},
    {"flags of maps", "map_flags", &KernelFeatures::map_flags},
    {"flags of programs", "program_flags", &KernelFeatures::program_flags},
    {"loading", "loading", &KernelFeatures::loading},
});

/// `names` over as many lines as they need.
void wrapped(const std::vector<std::string>& names, std::size_t indent, Output& out) {
  constexpr std::size_t width = 100;
  std::string line;
  for (const std::string& name : names) {
    if (!line.empty() && indent + line.size() + name.size() + 1 > width) {
      out.line(cat(std::string(indent, ' '), line));
      line.clear();
    }
    line += cat(line.empty() ? "" : " ", name);
  }
  if (!line.empty()) {
    out.line(cat(std::string(indent, ' '), line));
  }
}

void show_group(const Group& group, const std::vector<Ability>& abilities, Output& out) {
  std::vector<std::string> there;
  Table missing({"", "", ""});
  for (const Ability& one : abilities) {
    if (one.has == Has::yes) {
      there.push_back(one.name);
    } else {
      const Style style = one.has == Has::no ? Style::bad : Style::comment;
      missing.row({{one.name}, {std::string(has_word(one.has)), style}, {one.why, Style::comment}});
    }
  }
  out.line();
  out.heading(cat(group.title, " (", there.size(), " of ", abilities.size(), ")"));
  wrapped(there, 2, out);
  missing.print(out, 2);
}

void show_helpers(const KernelFeatures& found, Output& out) {
  if (found.helpers.empty()) {
    return;
  }
  out.line();
  out.heading("helpers");
  Table table({"", ">", ""});
  for (const ProgramHelpers& one : found.helpers) {
    table.row({{word(one.type), Style::type},
               {one.why.empty() ? std::to_string(one.names.size()) : std::string(), Style::number},
               {one.why, Style::comment}});
  }
  table.print(out, 2);
}

void list_helpers(const KernelFeatures& found, Output& out) {
  for (const ProgramHelpers& one : found.helpers) {
    if (!one.names.empty()) {
      out.line();
      out.heading(cat("helpers of ", word(one.type), " programs (", one.names.size(), ")"));
      wrapped(one.names, 2, out);
    }
  }
}

void show_functions(const KernelFeatures& found, bool all, Output& out) {
  out.line();
  out.heading(cat("kernel functions (", found.functions.size(), ")"));
  if (!found.functions_why.empty()) {
    out.line(out.paint(Style::comment, cat("  ", found.functions_why)));
  } else if (all) {
    std::vector<std::string> names;
    for (const KernelFunction& one : found.functions) {
      names.push_back(one.module.empty() ? one.name : cat(one.name, " [", one.module, "]"));
    }
    wrapped(names, 2, out);
  } else {
    out.line(out.paint(Style::comment, "  --all lists them"));
  }
}

void show(const KernelFeatures& found, bool all, Output& out) {
  out.heading(cat("Linux ", found.release));
  Table settings({"", "", ""});
  for (const Setting& one : found.settings) {
    settings.row(
        {{one.name}, {one.value.empty() ? "-" : one.value, Style::number}, {one.meaning, Style::comment}});
  }
  settings.print(out, 2);
  for (const Group& group : groups) {
    show_group(group, found.*group.abilities, out);
  }
  if (all) {
    list_helpers(found, out);
  } else {
    show_helpers(found, out);
  }
  show_functions(found, all, out);
}

Json abilities_json(const std::vector<Ability>& abilities) {
  Json list = Json::array();
  for (const Ability& one : abilities) {
    list.push_back({{"name", one.name},
                    {"has", has_word(one.has)},
                    {"since", one.since.empty() ? Json(nullptr) : Json(one.since)},
                    {"why", one.why.empty() ? Json(nullptr) : Json(one.why)}});
  }
  return list;
}

Json features_json(const KernelFeatures& found) {
  Json document = {{"release", found.release}};
  Json settings = Json::array();
  for (const Setting& one : found.settings) {
    settings.push_back({{"name", one.name},
                        {"value", one.value.empty() ? Json(nullptr) : Json(one.value)},
                        {"meaning", one.meaning}});
  }
  document.set("settings", settings);
  for (const Group& group : groups) {
    document.set(group.json, abilities_json(found.*group.abilities));
  }
  Json helpers = Json::array();
  for (const ProgramHelpers& one : found.helpers) {
    helpers.push_back({{"program_type", word(one.type)},
                       {"names", one.names},
                       {"why", one.why.empty() ? Json(nullptr) : Json(one.why)}});
  }
  document.set("helpers", helpers);
  Json functions = Json::array();
  for (const KernelFunction& one : found.functions) {
    functions.push_back(
        {{"name", one.name}, {"module", one.module.empty() ? Json(nullptr) : Json(one.module)}});
  }
  document.set("functions", functions);
  document.set("functions_why", found.functions_why.empty() ? Json(nullptr) : Json(found.functions_why));
  return document;
}

}  // namespace

Status features(const Arguments& arguments, Output& out) {
  std::optional<Progress> progress(std::in_place, "asking the kernel");
  const auto found = kernel_features({.helpers = !arguments.has("no-helpers")});
  progress.reset();
  if (!found) {
    out.complain(found.error().message());
    return status_of(found.error().code(), Phase::kernel);
  }
  if (out.is_json()) {
    out.json(features_json(*found));
  } else {
    show(*found, arguments.has("all"), out);
  }
  return Status::ok;
}

}  // namespace skep::cli

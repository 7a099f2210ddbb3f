// What `skep check` found, for code scanners: SARIF 2.1.0 (OASIS).
#include <algorithm>

#include "base/text.h"
#include "cli/check.h"

namespace skep::cli {

namespace {

/// A finding, whose kernels are gathered.
struct Alert {
  std::string file;
  std::string program;
  needs::Finding finding;
  std::vector<std::string> kernels;
};

std::vector<Alert> alerts_of(const std::vector<CheckedObject>& objects) {
  std::vector<Alert> alerts;
  for (const CheckedObject& object : objects) {
    for (const needs::Verdict& verdict : object.verdicts) {
      for (const needs::Finding& finding : verdict.findings) {
        auto known = std::ranges::find_if(alerts, [&](const Alert& alert) {
          return alert.file == object.file && alert.program == verdict.program &&
                 alert.finding.rule == finding.rule && alert.finding.text == finding.text &&
                 alert.finding.guarded == finding.guarded;
        });
        if (known == alerts.end()) {
          alerts.push_back(
              {.file = object.file, .program = verdict.program, .finding = finding, .kernels = {}});
          known = alerts.end() - 1;
        }
        known->kernels.push_back(object.kernel);
      }
    }
  }
  return alerts;
}

/// A path as a URI reference (RFC 3986): all but letters, digits and "-._~/" in percent form; absolute ones get their scheme.
std::string uri_of(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view plain = "-._~/";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char byte : path) {
    const bool is_word =
        (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9');
    if (is_word || plain.find(byte) != std::string_view::npos) {
      uri += byte;
    } else {
      const auto value = static_cast<unsigned char>(byte);
      uri += {'%', digits[value >> 4], digits[value & 0xf]};
    }
  }
  return uri;
}

Json location(const Alert& alert) {
  const needs::Place& where = alert.finding.where;
  Json physical = {{"artifactLocation", {{"uri", uri_of(where.line != 0 ? where.file : alert.file)}}}};
  if (where.line != 0) {
    Json region = {{"startLine", where.line}};
    if (where.column != 0) {
      region.set("startColumn", where.column);
    }
    if (!where.source.empty()) {
      region.set("snippet", {{"text", where.source}});
    }
    physical.set("region", region);
  }
  Json logical = Json::array();
  logical.push_back({{"name", alert.program}, {"kind", "function"}});
  return {{"physicalLocation", physical}, {"logicalLocations", logical}};
}

Json result(const Alert& alert) {
  const auto& rules = needs::rules();
  const auto rule = std::ranges::find(rules, alert.finding.rule, &needs::Rule::id);
  Json locations = Json::array();
  locations.push_back(location(alert));
  return {
      {"ruleId", alert.finding.rule},
      {"ruleIndex", rule - rules.begin()},
      {"level", alert.finding.guarded ? "note" : "error"},
      {"message",
       {{"text", cat("program '", alert.program, "' on Linux ", join(alert.kernels, ", "), ": ",
                     alert.finding.text, alert.finding.guarded ? " (guarded: it loads all the same)" : "")}}},
      {"locations", locations},
      {"properties", {{"object", alert.file}, {"kernels", alert.kernels}}}};
}

}  // namespace

Json check_sarif(const std::vector<CheckedObject>& objects) {
  Json rules = Json::array();
  for (const needs::Rule& rule : needs::rules()) {
    rules.push_back({{"id", rule.id}, {"shortDescription", {{"text", rule.summary}}}});
  }
  Json results = Json::array();
  for (const Alert& alert : alerts_of(objects)) {
    results.push_back(result(alert));
  }
  Json runs = Json::array();
  runs.push_back({{"tool", {{"driver", {{"name", "skep"}, {"version", SKEP_VERSION}, {"rules", rules}}}}},
                  {"columnKind", "utf16CodeUnits"},
                  {"results", results}});
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}, {"runs", runs}};
}

}  // namespace skep::cli

// `skep usdt list` and `skep function list`: what can be probed in a program or library.
#include "skep/usdt.h"

#include "base/text.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "skep/uprobe.h"

namespace skep::cli {

namespace {

Json json_of(const UsdtProbe& probe) {
  Json arguments = Json::array();
  for (const UsdtArgumentInfo& argument : probe.arguments) {
    arguments.push_back({{"bytes", argument.bytes},
                         {"signed", argument.is_signed},
                         {"readable", argument.is_readable},
                         {"place", argument.text}});
  }
  return {{"provider", probe.provider},
          {"name", probe.name},
          {"address", probe.address},
          {"offset", probe.offset},
          {"semaphore_offset", probe.semaphore_offset == 0 ? Json(nullptr) : Json(probe.semaphore_offset)},
          {"problem", probe.problem.empty() ? Json(nullptr) : Json(probe.problem)},
          {"arguments", arguments}};
}

std::string arguments_text(const UsdtProbe& probe) {
  if (!probe.problem.empty()) {
    return cat("(cannot be attached to: ", probe.problem, ")");
  }
  std::vector<std::string> texts;
  for (const UsdtArgumentInfo& argument : probe.arguments) {
    texts.push_back(argument.text);
  }
  return join(texts, ", ");
}

}  // namespace

Status usdt_list(const Arguments& arguments, Output& out) {
  const auto probes = list_usdt(arguments.words()[0]);
  if (!probes) {
    out.complain(probes.error().message());
    return status_of(probes.error().code(), Phase::reading);
  }
  if (out.is_json()) {
    Json array = Json::array();
    for (const UsdtProbe& probe : *probes) {
      array.push_back(json_of(probe));
    }
    out.json(array);
    return Status::ok;
  }
  Table table({"probe", ">offset", ">semaphore", "arguments"});
  for (const UsdtProbe& probe : *probes) {
    table.row({{cat(probe.provider, ":", probe.name), Style::name},
               {hex(probe.offset), Style::number},
               {probe.semaphore_offset == 0 ? std::string() : hex(probe.semaphore_offset), Style::number},
               {arguments_text(probe), Style::type}});
  }
  table.print(out, 0);
  return Status::ok;
}

Status function_list(const Arguments& arguments, Output& out) {
  const std::vector<std::string>& words = arguments.words();
  const auto functions = list_functions(words[0], words.size() > 1 ? words[1] : std::string("*"));
  if (!functions) {
    out.complain(functions.error().message());
    return status_of(functions.error().code(), Phase::reading);
  }
  Json array = Json::array();
  Table table({"function", ">offset", ">size", "from"});
  for (const UserFunction& function : *functions) {
    if (out.is_json()) {
      array.push_back({{"name", function.name},
                       {"offset", function.offset},
                       {"size", function.size},
                       {"source", function.source}});
    } else {
      table.row({{function.name, Style::name},
                 {hex(function.offset), Style::number},
                 {function.size == 0 ? std::string() : cat(function.size), Style::number},
                 {function.source, Style::comment}});
    }
  }
  if (out.is_json()) {
    out.json(array);
  } else {
    table.print(out, 0);
  }
  return Status::ok;
}

}  // namespace skep::cli

// `skep btf fetch`: the types of Debian's kernels, kept for later.
#include <algorithm>
#include <charconv>
#include <optional>

#include "base/result.h"
#include "base/text.h"
#include "cli/guests.h"
#include "cli/kernel_list.h"
#include "cli/series.h"
#include "cli/table.h"
#include "cli/verbs.h"

namespace skep::cli {

namespace {

constexpr std::string_view default_kernels = "5.10,6.1,6.12,6.16,6.17,6.18,6.19,7.0,7.1,7.2,7.3";

/// What became of one series.
struct Fetched {
  std::string kernel;
  std::string release;
  std::string state;  ///< "added", "kept", "failed"
  u64 bytes = 0;
  std::string reason;
};

/// Reads "6.1 6.1.0-56-cloud-amd64 added 1119421".
Fetched parse_line(const std::string& kernel, std::string_view line) {
  std::vector<std::string_view> words;
  line = trim(line);
  const std::string_view line_said = line.substr(0, 80);
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line = trim(line.substr(end));
  }
  if (words.size() != 4) {
    return {.kernel = kernel,
            .state = "failed",
            .reason = cat("the guest runner said nothing of it that is understood: '", line_said, "'")};
  }
  Fetched fetched{.kernel = kernel, .release = std::string(words[1]), .state = std::string(words[2])};
  std::from_chars(words[3].data(), words[3].data() + words[3].size(), fetched.bytes);
  return fetched;
}

/// The last line that is not empty.
std::string last_line(std::string_view text) {
  text = trim(text);
  return std::string(text.substr(text.rfind('\n') + 1));
}

Result<std::vector<Fetched>> fetch(const std::string& vm, const std::vector<std::string>& kernels,
                                   const std::string& folder) {
  std::vector<std::string> said(kernels.size());
  std::vector<std::string> doing(kernels.size());
  std::vector<Command> commands;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    commands.push_back({.words = {vm, "archive", "--to", folder, kernels[i]},
                        .heard = [&said, i](std::string_view text) { said[i] += text; },
                        .complains = [&doing, i](std::string_view text) { doing[i] = last_line(text); }});
  }
  LiveLine line;
  const auto pulse = [&](std::size_t started) {
    const std::size_t at = started == 0 ? 0 : started - 1;
    line.show(cat(bar(at, kernels.size()), " ", at, "/", kernels.size(), " ", kernels[at], " ", doing[at]));
  };
  SKEP_TRY(const std::vector<Ended> ended, run_commands(commands, 1, pulse));
  std::vector<Fetched> all;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    Fetched one = parse_line(kernels[i], said[i]);
    if (ended[i].status != 0) {
      one = {.kernel = kernels[i], .state = "failed", .reason = std::string(trim(ended[i].complaints))};
    }
    all.push_back(std::move(one));
  }
  return all;
}

void tell(const std::vector<Fetched>& all, const std::string& folder, Output& out) {
  if (out.is_json()) {
    Json array = Json::array();
    for (const Fetched& one : all) {
      const bool failed = one.state == "failed";
      array.push_back({{"kernel", one.kernel},
                       {"state", one.state},
                       {"release", failed ? Json(nullptr) : Json(one.release)},
                       {"file", failed ? Json(nullptr) : Json(cat(folder, "/", one.release, ".btf.zst"))},
                       {"bytes", one.bytes},
                       {"reason", failed ? Json(one.reason) : Json(nullptr)}});
    }
    out.json(array);
    return;
  }
  Table table({"kernel", "release", ">bytes", ""});
  for (const Fetched& one : all) {
    table.row({{one.kernel},
               {one.release, Style::name},
               {one.bytes != 0 ? std::to_string(one.bytes) : "", Style::number},
               {one.state, one.state == "failed" ? Style::bad : Style::good}});
  }
  table.print(out, 0);
  out.line(cat("in ", folder));
  for (const Fetched& one : all) {
    if (one.state == "failed") {
      out.complain(cat(one.kernel, ": ", one.reason));
    }
  }
}

}  // namespace

Status btf_fetch(const Arguments& arguments, Output& out) {
  const auto kernels = parse_series(arguments.text("kernels").value_or(default_kernels));
  if (!kernels) {
    out.complain(cat("--kernels: ", kernels.error().message()));
    return Status::usage;
  }
  const auto given = arguments.text("to");
  const auto folder = given ? Result<std::string>(*given) : archive_folder();
  if (!folder) {
    out.complain(folder.error().message());
    return Status::usage;
  }
  const auto vm = find_guest_runner(false);
  if (!vm) {
    out.complain(vm.error().message());
    return Status::unsupported;
  }
  const auto all = fetch(*vm, *kernels, *folder);
  if (!all) {
    out.complain(all.error().message());
    return Status::refused;
  }
  tell(*all, *folder, out);
  const bool whole = std::ranges::none_of(*all, [](const Fetched& one) { return one.state == "failed"; });
  return whole ? Status::ok : Status::refused;
}

}  // namespace skep::cli

// What --help prints, and `skep` without a verb.
#include <algorithm>

#include "base/text.h"
#include "cli/verbs.h"

namespace skep::cli {

namespace {

constexpr std::size_t line_width = 110;

constexpr std::string_view statuses =
    "Exit status: 0 done, 1 the kernel refused, 2 usage, 3 malformed or unreadable input, 4 not permitted,\n"
    "5 needs something not supported.\n";

/// Two columns: a name, and what it is about, broken into lines between words.
std::string row(std::string_view name, std::size_t column, std::string_view about) {
  std::string text = cat("  ", name);
  std::size_t at = text.size();
  const auto to_column = [&] {
    text += cat("\n", std::string(column, ' '));
    at = column;
  };
  if (at + 2 > column) {
    to_column();
  } else {
    text.append(column - at, ' ');
    at = column;
  }
  while (!about.empty()) {
    const std::size_t space = about.find(' ');
    const std::string_view word = about.substr(0, space);
    if (at > column && at + 1 + word.size() > line_width) {
      to_column();
    } else if (at > column) {
      text += ' ';
      ++at;
    }
    text += word;
    at += word.size();
    about = space == std::string_view::npos ? std::string_view{} : about.substr(space + 1);
  }
  return text + "\n";
}

std::string row(const Option& option) {
  return row(cat("--", option.name, option.value.empty() ? "" : " ", option.value), 24, option.help);
}

}  // namespace

std::string help(std::string_view noun) {
  std::string text =
      noun.empty() ? cat("skep ", SKEP_VERSION,
                         ": loads eBPF programs, and shows what it does\n\nUsage: skep VERB ...\n\nVerbs:\n")
                   : cat("Usage: skep ", noun, " VERB ...\n\nVerbs:\n");
  std::string_view example = "  skep inspect prog.o\n";
  for (const Verb& verb : verbs()) {
    if (noun.empty() || noun_of(verb.name) == noun) {
      text += row(cat(verb.name, verb.operands.empty() ? "" : " ", verb.operands), 32, verb.summary);
      example = noun.empty() ? example : verb.examples;
    }
  }
  return cat(text, "\nEvery verb has --help (with examples) and --json.\n\nExample:\n", example, "\n",
             statuses);
}

std::string help(const Verb& verb) {
  std::string text = cat("skep ", verb.name, ": ", verb.summary, "\n\nUsage: skep ", verb.name,
                         verb.operands.empty() ? "" : " ", verb.operands, " [OPTION]...\n");
  if (!verb.help.empty()) {
    text += cat("\n", verb.help);
  }
  text += "\nOptions:\n";
  std::ranges::for_each(verb.options, [&](const Option& option) { text += row(option); });
  text += row("--json", 24, "one JSON document per line instead of text");
  text += row("-h, --help", 24, "this text");
  return cat(text, "\nExamples:\n", verb.examples, "\n", statuses);
}

}  // namespace skep::cli

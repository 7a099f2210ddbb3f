// The command `skep`.
#include <csignal>
#include <cstdio>
#include <new>

#include "base/text.h"
#include "cli/verbs.h"

namespace skep::cli {

namespace {

/// Answers a command line that names no verb.
Status no_verb(std::span<char* const> words, Output& out) {
  const std::string_view first = words.empty() ? std::string_view{} : std::string_view(words[0]);
  if (first == "--help" || first == "-h" || first == "help") {
    const Asked asked = find_verb(words.subspan(1));
    out.write(asked.verb != nullptr ? help(*asked.verb) : help(""));
    return Status::ok;
  }
  if (first == "--version") {
    out.line("skep " SKEP_VERSION);
    return Status::ok;
  }
  if (first.empty()) {
    out.write(help(""));
    return Status::usage;
  }
  if (is_noun(first)) {
    const bool asks_help =
        words.size() > 1 && (std::string_view(words[1]) == "--help" || std::string_view(words[1]) == "-h");
    if (asks_help || words.size() == 1) {
      out.write(help(first));
      return asks_help ? Status::ok : Status::usage;
    }
  }
  const std::string word =
      is_noun(first) && words.size() > 1 ? cat(first, " ", words[1]) : std::string(first);
  const std::vector<std::string> similar = similar_verbs(word);
  out.complain(similar.empty() ? cat("no verb '", word, "'; `skep --help` lists them")
                               : cat("no verb '", word, "'; did you mean: ", join(similar, ", "), "?"));
  return Status::usage;
}

Status dispatch(std::span<char* const> words) {
  const Output::Colour colour = colour_of_stdout();
  const Asked asked = find_verb(words);
  if (asked.verb == nullptr) {
    Output out(Output::Form::text, colour);
    return no_verb(words, out);
  }
  auto parsed = parse(*asked.verb, words.subspan(asked.words));
  Output out(parsed && parsed->json ? Output::Form::json : Output::Form::text, colour);
  if (!parsed) {
    out.complain(cat(parsed.error().message(), "; see `skep ", asked.verb->name, " --help`"));
    return Status::usage;
  }
  if (parsed->help) {
    out.write(help(*asked.verb));
    return Status::ok;
  }
  const Status status = asked.verb->run(parsed->arguments, out);
  out.flush();
  if (out.lost() != 0) {
    out.complain(cat("standard output: ", errno_name(out.lost())));
    return worst(status, Status::refused);
  }
  return status;
}

}  // namespace

}  // namespace skep::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has seen enough (`| head`) is no error
  try {
    const std::span<char* const> words(argv, static_cast<std::size_t>(argc));
    return static_cast<int>(skep::cli::dispatch(words.subspan(argc > 0 ? 1 : 0)));
  } catch (const std::bad_alloc&) {
    std::fputs("skep: error: out of memory\n", stderr);
    return static_cast<int>(skep::cli::Status::refused);
  }
}

// Understanding what a guest says. Nothing it says is trusted to be well formed: it may die in the middle of a line.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/matrix.h"

namespace skep::cli {

namespace {

using nlohmann::json;

/// The text of a member, or nothing.
std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool flag_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

const json& member_of(const json& object, const char* name) {
  static const json nothing;
  const auto found = object.find(name);
  return found != object.end() ? *found : nothing;
}

/// The number that follows `label` in `text`.
std::optional<u64> number_after(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  text.remove_prefix(at + label.size());
  u64 value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

void remove_prefix(std::string& text, std::string_view prefix) {
  if (!prefix.empty() && text.starts_with(prefix)) {
    text.erase(0, prefix.size());
  }
}

/// An error's message without the file and the program, which stand beside it.
std::string bare(std::string message, const std::string& file, const std::string& program,
                 const std::string& section) {
  remove_prefix(message, cat(file, ": "));
  const std::string whose = cat("program '", program, "'");
  if (message.starts_with(whose)) {
    remove_prefix(message, whose);
    remove_prefix(message, cat(" (", section, ")"));
    remove_prefix(message, ", ");
    remove_prefix(message, ": ");
  }
  return message;
}

void refuse(MatrixRow& row, std::string explanation) {
  row.loads = false;
  row.reason = explanation.substr(0, explanation.find('\n'));
  row.explanation = std::move(explanation);
}

/// The row of one program of a document.
MatrixRow row_of(const json& program, const std::string& file) {
  MatrixRow row{.program = text_of(program, "name"), .loads = flag_of(program, "loaded")};
  row.counts = parse_counts(text_of(program, "log"));
  const json& run = member_of(program, "run");
  const json& error = member_of(program, "error");
  const std::string section = text_of(program, "section");
  if (!row.loads) {
    const std::string message = error.is_object() ? text_of(error, "message") : std::string("not loaded");
    refuse(row, bare(message, file, row.program, section));
  } else if (run.is_object()) {
    const json& failed = member_of(run, "error");
    const json& returned = member_of(run, "return_value");
    if (failed.is_object()) {
      refuse(row,
             cat("loads, but cannot run: ", bare(text_of(failed, "message"), file, row.program, section)));
    } else if (returned.is_number_unsigned()) {
      row.returned = returned.get<u32>();
    }
  }
  return row;
}

}  // namespace

std::optional<VerifierCounts> parse_counts(std::string_view log) {
  const std::size_t at = log.rfind("processed ");
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view tail = log.substr(at);
  const auto insns = number_after(tail, "processed ");
  if (!insns) {
    return std::nullopt;
  }
  return VerifierCounts{.insns_processed = *insns,
                        .states = number_after(tail, "total_states ").value_or(0),
                        .peak_states = number_after(tail, "peak_states ").value_or(0)};
}

GuestListener::GuestListener(std::string kernel, const std::vector<MatrixFile>& files)
    : kernel_(std::move(kernel)), files_(files), verdicts_(files.size()), silences_(files.size()) {}

void GuestListener::hear(std::string_view text) {
  unfinished_ += text;
  std::size_t start = 0;
  for (std::size_t end = unfinished_.find('\n'); end != std::string::npos;
       end = unfinished_.find('\n', start)) {
    hear_line(std::string_view(unfinished_).substr(start, end - start));
    start = end + 1;
  }
  unfinished_.erase(0, start);
}

void GuestListener::hear_line(std::string_view line) {
  if (line.starts_with("release ")) {
    release_ = line.substr(8);
  } else if (const auto begun = number_after(line, "begin "); begun && line.starts_with("begin ")) {
    current_ = *begun;
    in_file_ = current_ < files_.size();
  } else if (line.starts_with("end ") && in_file_) {
    const std::size_t space = line.rfind(' ');
    silences_[current_] = cat("skep ended with status ", line.substr(space + 1), " and said nothing of it");
    in_file_ = false;
    ++done_;
  } else if (line.starts_with('{') && in_file_) {
    hear_document(line);
  }
}

void GuestListener::hear_document(std::string_view line) {
  const json document = json::parse(line, nullptr, false);
  if (!document.is_object()) {
    return;
  }
  const std::string file = text_of(document, "file");
  const json& programs = member_of(document, "programs");
  const json& error = member_of(document, "error");
  if (programs.is_array()) {
    for (const json& program : programs) {
      if (program.is_object()) {
        verdicts_[current_].push_back(row_of(program, file));
      }
    }
  }
  if (programs.empty() && error.is_object()) {
    for (const std::string& name : files_[current_].programs) {
      MatrixRow row{.program = name};
      refuse(row, bare(text_of(error, "message"), file, name, ""));
      verdicts_[current_].push_back(std::move(row));
    }
  }
}

std::vector<MatrixRow> GuestListener::rows(std::string_view fate) const {
  std::vector<MatrixRow> rows;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    for (const std::string& program : files_[i].programs) {
      const auto told = std::ranges::find(verdicts_[i], program, &MatrixRow::program);
      MatrixRow row = told != verdicts_[i].end() ? *told : MatrixRow{.program = program};
      if (told == verdicts_[i].end()) {
        refuse(row, silences_[i].empty() ? std::string(fate) : silences_[i]);
      }
      row.file = files_[i].path;
      row.kernel = kernel_;
      row.release = release_;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace skep::cli

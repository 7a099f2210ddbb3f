#include "base/text.h"
#include "diag/explain.h"

namespace skep::diag {

namespace {

std::string where(const Place& place) {
  if (place.file.empty()) {
    return {};
  }
  std::string text = cat(place.file, ":", place.line);
  if (place.column != 0) {
    text += cat(":", place.column);
  }
  return text;
}

/// "  16 |   v->hits += 1;" and the instruction below it.
void add_place(std::string& out, const Place& place) {
  if (!place.source.empty()) {
    out += place.line != 0 ? cat("\n  ", place.line, " | ", place.source) : cat("\n  | ", place.source);
  }
  out += cat("\n  instruction ", place.insn);
  if (!place.section.empty()) {
    out += cat(" (", place.section, "+", hex(place.section_offset), place.function.empty() ? "" : ", in ",
               place.function, ")");
  }
  if (!place.insn_text.empty()) {
    out += cat(": ", place.insn_text);
  }
  if (!place.note.empty()) {
    out += cat("  ; ", place.note);
  }
}

std::string cause(const Explanation& explanation) {
  if (!explanation.cause.empty()) {
    return explanation.cause.substr(0, explanation.cause.find('\n'));
  }
  if (!explanation.words.empty()) {
    return explanation.words.back();
  }
  return explanation.sys_errno == 0 ? "refused" : "refused without a reason";
}

}  // namespace

std::string headline(const Explanation& explanation) {
  std::string text = cat("program '", explanation.program, "'");
  if (!explanation.section.empty()) {
    text += cat(" (", explanation.section, ")");
  }
  if (explanation.place && !explanation.place->file.empty()) {
    text += cat(", ", where(*explanation.place));
  }
  text += cat(": ", cause(explanation));
  if (explanation.sys_errno != 0) {
    text += cat(" (", errno_name(explanation.sys_errno), ")");
  }
  return text;
}

std::string summary(const Explanation& explanation) {
  std::string out = headline(explanation);
  if (explanation.place) {
    add_place(out, *explanation.place);
  }
  if (const std::size_t end = explanation.cause.find('\n'); end != std::string::npos) {
    out += cat("\n  what was looked for:", explanation.cause.substr(end));
  }
  for (const Related& related : explanation.related) {
    out += cat("\n  ", related.label, related.place.file.empty() ? "" : ", at ", where(related.place), ":");
    add_place(out, related.place);
  }
  if (!explanation.words.empty()) {
    out += "\n  the verifier says:";
    for (const std::string& line : explanation.words) {
      out += cat("\n    ", line);
    }
  }
  if (!explanation.errno_text.empty()) {
    out += cat("\n  the kernel's answer: ", explanation.errno_text);
  }
  if (explanation.kernel_report) {
    out += cat("\n  the kernel's diagnosis: ", explanation.kernel_report->category, ": ",
               explanation.kernel_report->problem);
    if (!explanation.kernel_report->reason.empty()) {
      out += cat("\n    ", explanation.kernel_report->reason);
    }
    if (!explanation.kernel_report->suggestion.empty()) {
      out += cat("\n    suggestion: ", explanation.kernel_report->suggestion);
    }
  }
  if (!explanation.id.empty()) {
    out += cat("\n  why: ", explanation.title, " [", explanation.id, "]. ", explanation.why,
               "\n  way out: ", explanation.fix);
  }
  if (explanation.log_truncated) {
    out += "\n  the log was cut: its beginning is missing, its end is whole";
  }
  return out;
}

}  // namespace skep::diag

// `skep inspect --core`: what the object asks of a kernel's types.
#include <optional>

#include "base/text.h"
#include "cli/inspect.h"
#include "cli/words.h"
#include "co_re/story.h"

namespace skep::cli {

namespace {

Style style_of(const CoreStory& story) {
  switch (story.outcome) {
    case CoreOutcome::kept:
    case CoreOutcome::changed: return story.reason.empty() ? Style::good : Style::name;
    case CoreOutcome::absent: return Style::name;
    case CoreOutcome::poison:
    case CoreOutcome::error: return Style::bad;
    case CoreOutcome::unknown: return Style::comment;
  }
  return Style::comment;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

Json layout_json(const std::optional<CoreLayout>& layout) {
  if (!layout) {
    return nullptr;
  }
  return {{"type", layout->type},
          {"offset_bits", layout->offset_bits},
          {"bytes", layout->bytes},
          {"bitfield_bits", layout->bitfield_bits},
          {"value", layout->value ? Json(*layout->value) : Json(nullptr)}};
}

Json candidates_json(const std::vector<CoreCandidate>& candidates) {
  Json list = Json::array();
  for (const CoreCandidate& candidate : candidates) {
    list.push_back({{"target", candidate.target},
                    {"type_id", candidate.type_id},
                    {"type", candidate.type},
                    {"fits", candidate.fits},
                    {"why_not", candidate.fits ? Json(nullptr) : Json(candidate.why_not)},
                    {"layout", layout_json(candidate.layout)}});
  }
  return list;
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

}  // namespace

CoreReport report_core(const ObjectSpec& spec, const Arguments& arguments) {
  LoadOptions options;
  options.btf_path = std::string(arguments.text("btf").value_or(std::string_view()));
  auto relocations = explain_core(spec, options);
  if (!relocations) {
    return {.relocations = describe_core(spec), .error = std::move(relocations).error()};
  }
  return {.relocations = *std::move(relocations)};
}

void core_text(const ObjectSpec& spec, const CoreReport& report, Output& out) {
  u32 function = ~u32{0};
  for (const CoreExplanation& one : report.relocations) {
    if (one.function != function) {
      function = one.function;
      out.heading(cat("CO-RE in ", spec.functions[function].name));
    }
    const std::string where =
        one.file.empty() ? std::string() : cat("  ", file_name(one.file), ":", one.line, "  ", one.source);
    out.line(cat("  ", out.paint(style_of(one.story), one.headline)));
    if (one.story.local) {
      out.line(cat("      the object: ", co_re::layout_text(*one.story.local, one.story.kind)));
    }
    for (const CoreCandidate& candidate : one.story.candidates) {
      out.line(
          cat("      ", candidate.target, ", type ", candidate.type_id, " (", candidate.type, "): ",
              candidate.layout ? co_re::layout_text(*candidate.layout, one.story.kind) : candidate.why_not));
    }
    out.line(cat("      instruction ", one.insn, ": ", one.insn_before,
                 one.insn_after.empty() ? "" : cat(" -> ", one.insn_after),
                 out.paint(Style::comment, where)));
  }
}

Json core_json(const ObjectSpec& spec, const CoreReport& report) {
  Json list = Json::array();
  for (const CoreExplanation& one : report.relocations) {
    const CoreStory& story = one.story;
    const bool has_answer = story.outcome == CoreOutcome::kept || story.outcome == CoreOutcome::changed ||
                            story.outcome == CoreOutcome::absent;
    list.push_back({{"function", spec.functions[one.function].name},
                    {"insn", one.insn},
                    {"insn_before", one.insn_before},
                    {"insn_after", text_or_null(one.insn_after)},
                    {"file", text_or_null(one.file)},
                    {"line", one.line},
                    {"source", text_or_null(one.source)},
                    {"kind", co_re::kind_text(story.kind)},
                    {"what", story.what},
                    {"outcome", name_of(story.outcome)},
                    {"before", static_cast<s64>(story.before)},
                    {"after", has_answer ? Json(static_cast<s64>(story.after)) : Json(nullptr)},
                    {"reason", text_or_null(story.reason)},
                    {"local", layout_json(story.local)},
                    {"candidates", candidates_json(story.candidates)}});
  }
  return list;
}

}  // namespace skep::cli

#include "diag/log.h"

#include <array>
#include <charconv>

#include "base/text.h"

namespace skep::diag {

namespace {

std::optional<u32> leading_number(std::string_view& text) {
  u32 number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data()) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// "7: (79) r1 = *(u64 *)(r0 +0)     ; R1=..." -> {7, "r1 = *(u64 *)(r0 +0)"}.
std::optional<Step> as_step(std::string_view line) {
  const std::optional<u32> insn = leading_number(line);
  if (!insn || !line.starts_with(": (") || line.size() < 6 || !is_hex_digit(line[3]) ||
      !is_hex_digit(line[4]) || line[5] != ')') {
    return std::nullopt;
  }
  line.remove_prefix(6);
  line = trim(line.substr(0, line.find(" ;")));
  if (line.starts_with(
          "if ")) {  // where the verifier takes up another branch, the new state follows on the same line
    const std::size_t target = line.find("goto pc");
    const std::size_t end = target == std::string_view::npos ? target : line.find(' ', target + 5);
    line = line.substr(0, end);
  }
  return Step{.insn = *insn, .text = line, .source = {}};
}

/// Lines that tell of the verifier's state or progress, never of the reason.
bool is_state(std::string_view line) {
  constexpr auto starts = std::to_array<std::string_view>({
      "mark_precise:",
      "last_idx ",
      "regs=",
      "parent ",
      "caller:",
      "callee:",
      "returning from callee:",
      "to caller at ",
      "from ",
      "propagating ",
      "cur state:",
      "old state:",
      "Live regs before insn:",
      "func#",
      " R",
      " frame",
      "Func#",
      "Validating ",
  });
  for (const std::string_view start : starts) {
    if (line.starts_with(start)) {
      return true;
    }
  }
  std::string_view rest = line;  // "0: R1=ctx() R10=fp0", "12: safe", "9: frame1: R1=..."
  if (!leading_number(rest) || !rest.starts_with(": ")) {
    return false;
  }
  rest.remove_prefix(2);
  return rest == "safe" || rest.starts_with("frame") ||
         (rest.starts_with("R") && rest.find('=') != std::string_view::npos);
}

/// Takes the lines of a structured report until a blank heading ends it.
class ReportReader {
 public:
  explicit ReportReader(KernelReport& report) : report_(report) {}

  void take(std::string_view line) {
    const std::string_view text = trim(line);
    for (const Heading& heading : headings_) {
      if (text.starts_with(heading.name)) {
        field_ = heading.field;
        append(text.substr(heading.name.size()));
        return;
      }
    }
    append(text);
  }

 private:
  struct Heading {
    std::string_view name;
    std::string KernelReport::* field;
  };
  static constexpr std::string KernelReport::* nowhere = nullptr;
  static constexpr auto headings_ = std::to_array<Heading>({
      {"Reason:", &KernelReport::reason},
      {"Suggestion:", &KernelReport::suggestion},
      {"At:", nowhere},
      {"Causal path:", nowhere},
      {"Source context:", nowhere},
      {"Instruction context:", nowhere},
  });

  void append(std::string_view text) {
    text = trim(text);
    if (field_ == nowhere || text.empty()) {
      return;
    }
    std::string& into = report_.*field_;
    into += into.empty() ? "" : " ";
    into += text;
  }

  KernelReport& report_;
  std::string KernelReport::* field_ = nowhere;
};

KernelReport report_title(std::string_view line) {
  line = trim(line);
  const std::size_t colon = line.find(": ");
  KernelReport report;
  report.category = line.substr(0, colon);
  report.problem = colon == std::string_view::npos ? "" : line.substr(colon + 2);
  return report;
}

void keep(std::vector<Step>& steps, Step step) {
  if (steps.size() >= 2 * max_steps) {
    steps.erase(steps.begin(), steps.end() - static_cast<std::ptrdiff_t>(max_steps));
  }
  steps.push_back(step);
}

}  // namespace

ParsedLog parse_log(std::string_view text) {
  constexpr std::string_view report_heading = "Verification failed: ";
  if (text.size() > max_log_bytes) {
    text.remove_prefix(text.size() - max_log_bytes);
  }
  ParsedLog log;
  std::string_view source;
  std::optional<ReportReader> report;
  for (const std::string_view line : split(text, '\n')) {
    if (auto step = as_step(line)) {
      step->source = source;
      keep(log.steps, *step);
      log.words.clear();
      log.report.reset();
      report.reset();
    } else if (line.starts_with("processed ")) {
      log.statistics = line;
      report.reset();
    } else if (line.starts_with(report_heading)) {
      log.report = report_title(line.substr(report_heading.size()));
      report.emplace(*log.report);
    } else if (line.starts_with("verification time ") || line.starts_with("stack depth ") ||
               (line.starts_with("subprog ") && line.find(" insns_self ") != std::string_view::npos)) {
      report.reset();  // statistics too: the latter from Linux 7.3 on
    } else if (report) {
      report->take(line);
    } else if (line.starts_with("; ")) {
      source = line.substr(2);
      log.words.clear();
    } else if (!trim(line).empty() && !is_state(line)) {
      log.words.push_back(line);
    }
  }
  return log;
}

std::optional<u32> insn_named_by(std::string_view message) {
  constexpr auto markers = std::to_array<std::string_view>(
      {"detected at insn ", "unreachable insn ", "from insn ", "at insn ", "insn "});
  for (const std::string_view marker : markers) {
    if (const std::size_t at = message.find(marker); at != std::string_view::npos) {
      std::string_view rest = message.substr(at + marker.size());
      if (const auto insn = leading_number(rest)) {
        return insn;
      }
    }
  }
  return std::nullopt;
}

}  // namespace skep::diag

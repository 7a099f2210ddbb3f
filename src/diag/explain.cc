#include "diag/explain.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/text.h"
#include "diag/catalogue.h"
#include "diag/origin.h"
#include "insn/print.h"

namespace skep::diag {

namespace {

std::string_view string_at(std::string_view strings, u32 offset) {
  return offset < strings.size() ? until_nul(strings.substr(offset)) : std::string_view{};
}

const Step* last_step_at(const ParsedLog& log, u32 insn) {
  for (auto step = log.steps.rbegin(); step != log.steps.rend(); ++step) {
    if (step->insn == insn) {
      return &*step;
    }
  }
  return nullptr;
}

/// What the log itself says of a place: the instruction's text, and the source line where the object has no line information.
void add_from_log(Place& place, const ParsedLog& log) {
  const Step* step = last_step_at(log, place.insn);
  if (step == nullptr) {
    return;
  }
  place.insn_text = step->text;
  if (!place.file.empty() || step->source.empty()) {
    return;
  }
  const std::size_t at = step->source.rfind(" @ ");  // Linux 6.9 and later add "@ file:line"
  place.source = trim(step->source.substr(0, at));
  if (at == std::string_view::npos) {
    return;
  }
  const std::string_view where = step->source.substr(at + 3);
  const std::size_t colon = where.rfind(':');
  if (colon != std::string_view::npos) {
    place.file = where.substr(0, colon);
    const std::string_view number = where.substr(colon + 1);
    std::from_chars(number.data(), number.data() + number.size(), place.line);
  }
}

Place place_of(const LoadedProgram& program, const ParsedLog& log, u32 insn) {
  Place place = find_place(program, insn);
  add_from_log(place, log);
  if (place.insn_text.empty() && insn < program.insns.size()) {  // refused before the walk began
    place.insn_text = insn::print(program.insns, insn);
  }
  return place;
}

std::string_view errno_meaning(int sys_errno) {
  switch (sys_errno) {
    case E2BIG: return "the program, or what the verifier had to walk, is too large";
    case ENOSPC: return "the log did not fit its buffer; the cause is another";
    case EFAULT: return "the kernel could not read or write memory it was given, or met an error of its own";
    case EPERM: return "a right is missing: CAP_BPF, and CAP_PERFMON or CAP_NET_ADMIN by program type";
    case EAGAIN: return "verification was interrupted by a signal";
    case ENOMEM: return "out of memory";
    default: return {};
  }
}

std::string describe_errno(int sys_errno) {
  if (sys_errno == 0) {
    return {};
  }
  const std::string_view ours = errno_meaning(sys_errno);
  return cat(errno_name(sys_errno), " (", ours.empty() ? std::string_view(std::strerror(sys_errno)) : ours,
             ")");
}

std::optional<u32> number_after(std::string_view text, std::string_view marker) {
  const std::size_t at = text.find(marker);
  if (at == std::string_view::npos) {
    return std::nullopt;
  }
  u32 number = 0;
  const char* begin = text.data() + at + marker.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

/// "R0 invalid mem access ..." -> 0: the register that the last words are about.
std::optional<u8> register_named_by(std::string_view words) {
  for (std::size_t at = words.find('R'); at != std::string_view::npos; at = words.find('R', at + 1)) {
    const bool begins_word = at == 0 || !std::isalnum(static_cast<unsigned char>(words[at - 1]));
    if (const auto number = number_after(words.substr(at), "R");
        begins_word && number && *number <= BPF_REG_10) {
      return static_cast<u8>(*number);
    }
  }
  return std::nullopt;
}

void add_related(Explanation& explanation, const LoadedProgram& program, const ParsedLog& log,
                 std::string_view words) {
  if (const auto taken = number_after(words, "alloc_insn=")) {
    explanation.related.push_back({place_of(program, log, *taken), "what is still held was taken here"});
    return;
  }
  const auto named = register_named_by(words);
  if (!named || log.steps.empty()) {
    return;
  }
  if (const auto origin = find_origin(log.steps, *named)) {
    explanation.related.push_back(
        {place_of(program, log, log.steps[*origin].insn), cat("R", *named, " got its value here")});
  }
}

/// The instruction that the refusal is about: the last one walked, or, before the walk, the one that the message names.
std::optional<u32> failing_insn(const ParsedLog& log, std::string_view words) {
  if (!log.steps.empty()) {
    return log.steps.back().insn;
  }
  return insn_named_by(words);
}

}  // namespace

Place find_place(const LoadedProgram& program, u32 insn) {
  Place place{.insn = insn};
  const auto function = std::ranges::upper_bound(program.functions, insn, {}, &LoadedFunction::first_insn);
  if (function != program.functions.begin()) {
    const LoadedFunction& in = *std::prev(function);
    place.function = in.name;
    place.section = in.section;
    place.section_offset = in.section_offset + u64{insn - in.first_insn} * sizeof(bpf_insn);
  }
  const auto line = std::ranges::upper_bound(program.line_info, insn, {}, &bpf_line_info::insn_off);
  if (line != program.line_info.begin()) {
    const bpf_line_info& in = *std::prev(line);
    place.file = string_at(program.btf_strings, in.file_name_off);
    place.line = BPF_LINE_INFO_LINE_NUM(in.line_col);
    place.column = BPF_LINE_INFO_LINE_COL(in.line_col);
    place.source = trim(string_at(program.btf_strings, in.line_off));
  }
  const auto note = std::ranges::lower_bound(program.notes, insn, {}, &InsnNote::insn);
  if (note != program.notes.end() && note->insn == insn) {
    place.note = note->text;
  }
  return place;
}

Explanation explain(const LoadedProgram& program, int sys_errno, const VerifierLog& log) {
  ParsedLog parsed = parse_log(log.text);
  Explanation explanation{.program = std::string(program.program), .section = std::string(program.section)};
  explanation.sys_errno = sys_errno;
  explanation.errno_text = describe_errno(sys_errno);
  explanation.words.assign(parsed.words.begin(), parsed.words.end());
  explanation.statistics = parsed.statistics;
  explanation.log_truncated = log.truncated;
  const std::string words = join(explanation.words, "\n");
  if (const auto insn = failing_insn(parsed, words)) {
    explanation.place = place_of(program, parsed, *insn);
  }
  if (const CatalogueRow* row = find_row(words)) {
    explanation.id = row->id;
    explanation.title = row->title;
    explanation.why = row->why;
    explanation.fix = row->fix;
  }
  add_related(explanation, program, parsed, words);
  explanation.kernel_report = std::move(parsed.report);
  return explanation;
}

}  // namespace skep::diag

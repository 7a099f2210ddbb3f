// Reading the verifier's log: the path it walked, and its own last words. The log is text for people and changes between kernels, so only what has been stable
// is relied upon: an instruction line is "<index>: (<opcode in hex>) <text>", the reason follows the last of them, and a trailer of statistics ends the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "skep/types.h"

namespace skep::diag {

/// One instruction that the verifier walked, as its line says.
struct Step {
  u32 insn = 0;           ///< index in the program as loaded
  std::string_view text;  ///< "r1 = *(u64 *)(r0 +0)"
  std::string_view
      source;  ///< the nearest source comment before it ("; v->hits += 1; @ prog.c:16", without "; "); empty when there was none
};

/// The report that Linux 7.3 and later add: found by its section headings alone, for its layout is not settled.
struct KernelReport {
  std::string category;    ///< "Memory Safety"
  std::string problem;     ///< "invalid dereference"
  std::string reason;      ///< joined to one line
  std::string suggestion;  ///< joined to one line
};

/// What a log says. Views point into the log's text, which must outlive this.
struct ParsedLog {
  std::vector<Step> steps;  ///< the last of them, oldest first; at level 1 the path to the failure
  std::vector<std::string_view> words;  ///< what the verifier said after the last step: the reason
  std::optional<KernelReport> report;
  std::string_view
      statistics;  ///< "processed 8 insns (limit 1000000) ..."; empty when the log was cut before it
};

/// How many steps parse_log() keeps, and how much of a log's end it looks at: far more than a reader can use, and bounded whatever the kernel wrote.
inline constexpr std::size_t max_steps = 4096;
inline constexpr std::size_t max_log_bytes = std::size_t{1} << 20;

/// Never fails: what is not understood is taken for words.
ParsedLog parse_log(std::string_view text);

/// The instruction that a message itself names ("unreachable insn 3", "infinite loop detected at insn 1", "from insn 4 to 9"), if any.
std::optional<u32> insn_named_by(std::string_view message);

}  // namespace skep::diag

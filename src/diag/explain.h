// From a refusal of the verifier to the line of C that it is about. Pure: give it the program as loaded and the log; it asks nobody.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/log.h"
#include "skep/error.h"
#include "skep/uapi/btf.h"
#include "skep/uapi/insn.h"

namespace skep::diag {

/// One function within a program as loaded: the entry first, then the subprograms that were put behind it.
struct LoadedFunction {
  u32 first_insn = 0;  ///< index within LoadedProgram::insns
  std::string_view name;
  std::string_view section;  ///< of the object file
  u64 section_offset = 0;    ///< bytes, where the function begins in that section
};

/// A word about an instruction that its operands do not say: "map 'stats'", "variable 'limit' (.rodata+0)".
struct InsnNote {
  u32 insn = 0;
  std::string text;
};

/// A program as it was handed to the kernel. Views; the owner keeps them alive while explain() runs. All but `program` may be empty.
struct LoadedProgram {
  std::string_view program;
  std::string_view section;
  std::span<const bpf_insn> insns;
  std::span<const LoadedFunction> functions;  ///< by ascending first_insn
  std::span<const bpf_line_info> line_info;   ///< by ascending insn_off, counted in instructions of `insns`
  std::string_view btf_strings;               ///< the BTF string section that line_info points into
  std::span<const InsnNote> notes;            ///< by ascending insn: which relocation made it what it is
};

/// A place in the program, as far as it is known.
struct Place {
  u32 insn = 0;           ///< index in the program as loaded
  std::string insn_text;  ///< "r1 = *(u64 *)(r0 +0)"
  std::string note;       ///< which relocation made it; mostly empty
  std::string function;
  std::string section;
  u64 section_offset = 0;  ///< bytes
  std::string file;        ///< empty when the object has no line information
  u32 line = 0;
  u32 column = 0;
  std::string source;  ///< the text of the source line
};

/// A second place that belongs to the story: where a pointer or a reference came from.
struct Related {
  Place place;
  std::string label;  ///< "R0 got its value here"
};

/// Why a program was refused.
struct Explanation {
  std::string program;
  std::string section;
  std::optional<Place> place;      ///< nothing when the refusal is about no instruction
  std::vector<std::string> words;  ///< the verifier's own last words, line by line
  std::vector<Related> related;
  int sys_errno = 0;
  std::string errno_text;  ///< "EACCES (Permission denied)"
  std::string id;          ///< of the catalogue row, "SKEP-V0001"; empty when no row fits
  std::string title;
  std::string why;
  std::string fix;
  std::optional<KernelReport> kernel_report;  ///< Linux 7.3 and later
  std::string
      cause;  ///< what the loader knows of the instruction and the kernel cannot: why it put a call there that must not be reached; mostly empty
  std::string statistics;  ///< "processed 8 insns (limit 1000000) ..."
  bool log_truncated = false;
};

/// Explains a refusal. `sys_errno` is that of the first attempt, which was made without a log: a log that does not fit turns every cause into ENOSPC.
/// `log` is empty when the kernel wrote none.
Explanation explain(const LoadedProgram& program, int sys_errno, const VerifierLog& log);

/// Where an instruction is: function, section, source line. Works for any instruction of the program.
Place find_place(const LoadedProgram& program, u32 insn);

/// The first line of summary(): "program 'count' (xdp), prog.c:16:11: R0 invalid mem access 'map_value_or_null' (EACCES)".
std::string headline(const Explanation& explanation);

/// A few lines for a terminal or an error message: place, source line, instruction, last words, meaning and the way out. No trailing newline.
std::string summary(const Explanation& explanation);

}  // namespace skep::diag

// What `skep inspect` shows of an ObjectSpec, as text, as JSON and as disassembly.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "cli/output.h"
#include "skep/core.h"
#include "skep/object_spec.h"

namespace skep::cli {

enum class Code : u8 { hide, show };

/// The functions that a function reaches by calls and by their addresses, itself not counted, each once, in the order in which they are met.
std::vector<u32> functions_reached(const ObjectSpec& spec, u32 function);

/// What a relocation names: "map 'hits'", "variable 'magic' (.data+0)", "function 'sub'".
std::string target_text(const ObjectSpec& spec, const Relocation& relocation);
/// Just its name: "hits", ".data", "sub".
std::string target_name(const ObjectSpec& spec, const Relocation& relocation);

/// One instruction of a function as it is in the object, for disassembly.
struct CodeLine {
  u32 insn = 0;
  u8 opcode = 0;
  std::string text;
  std::vector<std::string> notes;       ///< relocations, as target_text() says
  const bpf_line_info* line = nullptr;  ///< when a source line begins here
};
/// A function's instructions; a 64-bit constant is one line.
std::vector<CodeLine> code_lines(const ObjectSpec& spec, const FunctionSpec& function);

/// CO-RE relocations as --core shows them. With `error` no kernel's types were to be had: then the object's side alone.
struct CoreReport {
  std::vector<CoreExplanation> relocations;
  std::optional<Error> error;
};
CoreReport report_core(const ObjectSpec& spec, const Arguments& arguments);
void core_text(const ObjectSpec& spec, const CoreReport& report, Output& out);
Json core_json(const ObjectSpec& spec, const CoreReport& report);

void inspect_text(const ObjectSpec& spec, Code code, Output& out);
void disassemble_text(const ObjectSpec& spec, Output& out);
Json inspect_json(const ObjectSpec& spec, Code code);

}  // namespace skep::cli

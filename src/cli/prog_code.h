// The instructions of a program in the kernel, with names and source lines.
#pragma once

#include <string>
#include <vector>

#include "cli/live.h"

namespace skep::cli {

/// One instruction of a loaded program.
struct LiveLine {
  u32 insn = 0;
  u8 opcode = 0;
  std::string text;
  std::string function;  ///< the name of the function that begins here; empty otherwise
  std::string file;      ///< when a source line begins here
  u32 line = 0;
  std::string source;
};

/// Reads a program's instructions as the kernel rewrote them. Errors: denied (instructions are for CAP_PERFMON with CAP_BPF only), kernel.
Result<std::vector<LiveLine>> read_code(kernel::Kernel& kernel, const LiveProgram& program);

}  // namespace skep::cli

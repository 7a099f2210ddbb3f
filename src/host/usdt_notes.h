// User statically defined tracepoints (USDT): what <sys/sdt.h> and its like leave in section .note.stapsdt, one note for each place of a probe.
#pragma once

#include <string>
#include <vector>

#include "host/executable.h"

namespace skep::host {

/// One place of a probe. A probe that was inlined has several.
struct UsdtNote {
  std::string provider;
  std::string name;
  std::string
      arguments;    ///< one word for each: "-4@%esi 8@-24(%rbp)"; the assembler's spelling of the machine
  u64 address = 0;  ///< of the instruction, with what prelink(8) moved undone
  u64 offset = 0;   ///< of it in the file that is mapped
  u64 semaphore =
      0;  ///< the address of a u16 that the program asks before it computes arguments; 0: there is none
  u64 semaphore_offset = 0;  ///< of it in the file that is mapped: what the kernel wants to count it up
  std::string
      problem;  ///< why nothing can be attached here: "its address 0x10 is not in the file"; empty: all is well
};

/// All notes of `file`, in the file's order. One that makes no sense is among them, with its problem: the others are as good as they were. Bounded by the section's size. Errors: not_found (the file
/// has no probes), truncated (the section is cut off).
Result<std::vector<UsdtNote>> read_usdt_notes(const Executable& file);

}  // namespace skep::host

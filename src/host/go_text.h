// Where the code of a Go program begins: the function tables of Go 1.18 and later count from there.
#pragma once

#include "elf/image.h"

namespace skep::host {

/// What the table tells.
struct GoCode {
  u64 table_address = 0;  ///< where the table is loaded
  u64 told = 0;           ///< the table's own word for where the code begins; 0: it does not say
  u64 first = 0;          ///< of the first function, from where the code begins
  u64 end = 0;            ///< of the last function's end, likewise
};

/// The address at which the code begins: by the symbol runtime.text, by what the dynamic linker writes into the table, by the table, by the runtime's own description of the program, or by
/// section .text when nothing but these functions is in it. Tables of position-independent programs and of all programs since Go 1.26 do not say themselves.
/// Errors: unsupported (none of these tells).
Result<u64> find_go_text(const elf::Image& image, const GoCode& code);

}  // namespace skep::host

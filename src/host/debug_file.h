// Symbols that were taken out of an executable: a compressed table within it (.gnu_debugdata, "mini debug information"), and debug files that it names by its build
// id or by name (.gnu_debuglink).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "elf/symbol_table.h"

namespace skep::host {

/// A symbol table and the bytes it lies in. Addresses are those of the executable; file offsets are only told by the executable itself.
struct SeparateSymbols {
  std::string place;  ///< "/usr/lib/debug/.build-id/ab/….debug", or "its .gnu_debugdata"
  FileBytes file;
  std::vector<std::byte> unpacked;
  elf::SymbolTable table;
};

/// The symbols in section .gnu_debugdata; nothing where there is none. Errors: truncated, malformed, unsupported, invalid (more than 256 MiB when unpacked).
Result<std::unique_ptr<SeparateSymbols>> read_mini_debug_info(const elf::Image& image);

/// The symbols in the debug file of the executable at `path`, looked for by build id under `root`/usr/lib/debug/.build-id, then by the name that its .gnu_debuglink has: beside
/// the executable, in .debug there, and under `root`/usr/lib/debug. Files of another build are passed over. Nothing where there is none. Errors: truncated, malformed, denied.
Result<std::unique_ptr<SeparateSymbols>> read_debug_file(const elf::Image& image, const std::string& path,
                                                         const std::string& root);

/// Where that file would be, in the order in which it is looked for.
std::vector<std::string> debug_file_places(const elf::Image& image, const std::string& path,
                                           const std::string& root);

}  // namespace skep::host

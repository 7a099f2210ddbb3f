// Functions of an executable or shared library: by whatever it, or what was split off from it, tells of them. A file stays mapped and indexed while somebody holds it (each link to
// it does) and it is the same (device, inode, time and size), so that a thousand probes in one file read it once.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "elf/symbol_table.h"
#include "host/gopclntab.h"

namespace skep::host {

/// Where a function's address comes from.
enum class SymbolSource : u8 { dynamic, symtab, mini_debug_info, debug_file, go_table, line };

/// ".dynsym", ".symtab", …
std::string_view name_of(SymbolSource source);

/// One function.
struct Function {
  std::string name;  ///< as the file spells it: mangled, without a version
  u64 address = 0;   ///< as the file has it, before it is loaded somewhere
  u64 offset =
      0;  ///< in the file that is mapped (for a library in an archive: the archive): what a uprobe wants
  u64 size = 0;  ///< in bytes; 0: not told
  SymbolSource source{};
};

/// An open file. Thread-safety: may be used from several threads at once; opening one file does not wait for another. A file that is mapped must not be shortened while it is looked
/// into: that kills the process (SIGBUS). Package managers do not, they put a new file in the old one's place; see FileBytes::open_regular() for files of untrusted users.
class Executable {
 public:
  /// Opens `path`, or "archive.apk!/lib/x.so". The same file is opened once per process while somebody holds it; nothing is kept alive. `debug_root`: debug files are looked for in
  /// `debug_root`/usr/lib/debug. Errors: not_found, denied, invalid, truncated, malformed (not ELF), unsupported (compressed in the archive); they name `path`.
  static Result<std::shared_ptr<const Executable>> open(const std::string& path,
                                                        const std::string& debug_root = {});
  /// The same for bytes that are at hand; nothing beside them is read. For tests.
  static Result<std::shared_ptr<const Executable>> of_bytes(std::vector<std::byte> bytes);

  const std::string& path() const { return path_; }       ///< as it was opened
  const std::string& file() const { return file_path_; }  ///< what a process maps: the archive, or path()
  const elf::Image& image() const { return image_; }
  u64 offset_in_file() const { return offset_in_file_; }  ///< of the ELF file in its archive; else 0
  /// For a program that the Go compiler made.
  bool is_go() const { return is_go_; }
  std::optional<u64> file_offset(u64 address) const;

  /// The function `name`: exported (.dynsym), static (.symtab), from .gnu_debugdata or the debug file, Go's own table, and at last C++ names as people write them. "f@VER" and "f@@VER"
  /// ask for a version. Errors: not_found (with the nearest names and where was looked), invalid (several functions have this name; they are listed), unsupported (an
  /// indirect function, which is chosen when the program starts), truncated, malformed.
  Result<Function> find_function(std::string_view name) const;
  /// All functions that `pattern` (* and ?) fits, by offset, one for each address. C++ names are matched as people write them when the pattern has "::" in it.
  /// Errors: not_found, truncated, malformed.
  Result<std::vector<Function>> match_functions(std::string_view pattern) const;
  /// Names that are a typing error away.
  std::vector<std::string> near_functions(std::string_view name) const;
  /// File offsets of the function's return instructions. Errors: unsupported (the size is not told, or the machine is neither x86-64 nor arm64).
  Result<std::vector<u64>> return_offsets(const Function& function) const;

 private:
  struct Lazy;
  struct Candidates;
  struct Matches;
  Executable();
  Result<void> start();
  Result<void> find_in_tables(std::string_view name, Candidates& found) const;
  Result<Function> choose(std::string_view name, Candidates found) const;
  Result<const elf::SymbolTable*> static_symbols(SymbolSource& source) const;
  Result<const GoTable*> go_table() const;
  std::string where_looked() const;

 public:
  ~Executable();
  Executable(const Executable&) = delete;
  Executable& operator=(const Executable&) = delete;

 private:
  std::string path_;
  std::string file_path_;
  std::string debug_root_;
  FileBytes bytes_;
  std::vector<std::byte> owned_;
  u64 offset_in_file_ = 0;
  bool is_go_ = false;
  elf::Image image_;
  elf::SymbolTable dynamic_;
  std::unique_ptr<Lazy> lazy_;
};

}  // namespace skep::host

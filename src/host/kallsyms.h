// Addresses of the kernel's symbols, from /proc/kallsyms: some 100 000 lines that the kernel formats anew for every reader. So all names are looked for
// together, in one pass.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "skep/error.h"

namespace skep::host {

/// A line of kallsyms: "ffffffff81234560 T bpf_map_lookup_elem", with "\t[module]" behind for modules.
struct SymbolLine {
  std::string_view address;  ///< hexadecimal digits; all 0 where addresses are hidden from this process
  char type = 0;             ///< as nm(1) has it
  std::string_view name;     ///< without the ".llvm.<hash>" that link-time optimization adds to static names
  std::string_view module;   ///< empty for what is no module's

  u64 address_value() const;
};

/// The parts of one line, without its newline. What is no such line has an empty name.
SymbolLine parse_symbol_line(std::string_view line);

/// What the kernel's list says of one name.
struct FoundSymbol {
  enum class State : u8 {
    absent,
    found,
    hidden,  ///< it is there, but addresses are shown as 0 to this process (kptr_restrict, or no CAP_SYSLOG)
    ambiguous,  ///< several addresses have this name
  };
  State state = State::absent;
  u64 address = 0;
  u64 other_address = 0;  ///< ambiguous: the second
};

/// Looks for several names at once; lines come in pieces of any length. Bounded memory: what is longer than any symbol is cut.
class SymbolSearch {
 public:
  /// `names` must outlive the search.
  explicit SymbolSearch(std::span<const std::string_view> names);
  /// The next piece of the list.
  void feed(std::string_view piece);
  /// In the order of the names, after the last piece.
  std::vector<FoundSymbol> finish();

 private:
  void take(std::string_view line);
  static u32 mark_of(std::string_view name);

  std::span<const std::string_view> names_;
  std::vector<FoundSymbol> found_;
  std::vector<u32> by_name_;  // indexes into names_, sorted by name
  std::vector<bool> marks_;   // by mark_of(): some wanted name has it
  std::string rest_;          // of a line that the last piece ended in
};

/// One of the symbols that have a name.
struct NamedSymbol {
  u64 address = 0;  ///< 0 where addresses are hidden from this process
  char type = 0;    ///< as nm(1) has it
  std::string module;
};

/// Every symbol called `name` in the list at `path`, in its order, which is by address but for modules. Errors: not_found, denied, kernel.
Result<std::vector<NamedSymbol>> symbols_named(const std::string& path, std::string_view name);

/// Symbols in the list at `path` whose names are a typing error away from `name`, best first; none where the list cannot be read.
std::vector<std::string> near_symbols(const std::string& path, std::string_view name);

/// Looks `names` up in the list at `path`. Errors: not_found, denied, kernel.
Result<std::vector<FoundSymbol>> find_symbols(const std::string& path,
                                              std::span<const std::string_view> names);

}  // namespace skep::host

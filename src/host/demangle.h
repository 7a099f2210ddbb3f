// C++ names of functions, as people write them.
#pragma once

#include <string>
#include <string_view>

#include "elf/symbol_table.h"

namespace skep::host {

/// "ns::Type::run(int) const" for "_ZNK2ns4Type3runEi"; empty for what is no mangled name, or a very long one: more than 2 KiB, or what could become more than some 2 million parts
/// (see most_parts()).
std::string demangle(std::string_view mangled);

/// Demangles the names of one file, for so much work as the names of a program take, and no more: those of a hostile file cost no more than its size justifies.
class Demangler {
 public:
  /// Lets the names of `table` be demangled, or most of what they take when it is hostile.
  void allow(const elf::SymbolTable& table);
  /// As demangle(); always empty when is_spent().
  std::string operator()(std::string_view mangled);
  bool is_spent() const { return is_spent_; }

 private:
  u64 left_ = 0;  // bytes, mangled and clear
  bool is_spent_ = false;
};

/// Whether somebody who writes `wanted` means the function `demangled`: the whole name, or the name without its arguments ("ns::Type::run").
bool means(std::string_view wanted, std::string_view demangled);

/// The functions of `table` that `wanted` can mean. Only names that have the wanted one's last word in them are demangled, and at most 20 000.
std::vector<elf::TableSymbol> find_demangled(const elf::SymbolTable& table, std::string_view wanted);

}  // namespace skep::host

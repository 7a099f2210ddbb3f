// Symbols by name, for tables without a hash table of their own that are asked often.
#pragma once

#include <string_view>
#include <vector>

#include "elf/symbol_table.h"

namespace skep::elf {

/// An index of the defined symbols of one table. Immutable.
class NameIndex {
 public:
  /// Reads all names of `table` once.
  explicit NameIndex(const SymbolTable& table);
  /// The entries of `table` (the same one) called `name`, or `name` with a version behind an '@'.
  std::vector<TableSymbol> find(const SymbolTable& table, std::string_view name) const;

 private:
  std::vector<u64> entries_;  // hash of the name << 32 | index in the table; sorted
};

}  // namespace skep::elf

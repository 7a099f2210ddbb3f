// C++ names of functions, as people write them.
#pragma once

#include <string>
#include <string_view>

#include "elf/symbol_table.h"

namespace skep::host {

/// "ns::Type::run(int) const" for "_ZNK2ns4Type3runEi"; empty for what is no mangled name, or a very long one (more than 2 KiB).
std::string demangle(std::string_view mangled);

/// Whether somebody who writes `wanted` means the function `demangled`: the whole name, or the name without its arguments ("ns::Type::run").
bool means(std::string_view wanted, std::string_view demangled);

/// The functions of `table` that `wanted` can mean. Only names that have the wanted one's last word in them are demangled, and at most 20 000.
std::vector<elf::TableSymbol> find_demangled(const elf::SymbolTable& table, std::string_view wanted);

}  // namespace skep::host

#include "elf/name_index.h"

#include <algorithm>

namespace skep::elf {

namespace {

std::string_view without_version(std::string_view name) {
  return name.substr(0, name.find('@'));
}

}  // namespace

NameIndex::NameIndex(const SymbolTable& table) {
  entries_.reserve(table.size());
  for (u32 i = 0; i < table.size(); ++i) {
    const TableSymbol symbol = table.at(i);
    const bool is_code = symbol.type == STT_FUNC || symbol.type == STT_GNU_IFUNC || symbol.type == STT_NOTYPE;
    if (symbol.section != SHN_UNDEF && is_code && symbol.name_offset != 0) {
      entries_.push_back(u64{gnu_hash(without_version(table.name_of(symbol)))} << 32 | i);
    }
  }
  std::ranges::sort(entries_);
}

std::vector<TableSymbol> NameIndex::find(const SymbolTable& table, std::string_view name) const {
  std::vector<TableSymbol> found;
  const u64 hash = gnu_hash(name);
  for (auto at = std::ranges::lower_bound(entries_, hash << 32); at != entries_.end() && *at >> 32 == hash;
       ++at) {
    const TableSymbol symbol = table.at(static_cast<u32>(*at));
    if (without_version(table.name_of(symbol)) == name) {
      found.push_back(symbol);
    }
  }
  return found;
}

}  // namespace skep::elf

#include "host/demangle.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "host/mangled_parts.h"

namespace skep::host {

namespace {

constexpr std::size_t most_mangled_bytes = 2048;
constexpr u64 most_name_parts = u64{1}
                                << 21;  // of a hundred functions of LLVM, made of templates, one has more
constexpr u32 most_candidates = 20000;
// Functions of LLVM take 280 bytes each on average, of names of 90.
constexpr u64 name_share = 32;
constexpr u64 symbol_share = 256;

bool is_word(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_';
}

/// The name without its arguments: up to the parenthesis that opens them, past "(anonymous namespace)" and "operator()".
std::string_view without_arguments(std::string_view name) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::string_view rest = name.substr(i);
    if (rest.starts_with("(anonymous namespace)")) {
      i += std::string_view("(anonymous namespace)").size() - 1;
    } else if (rest.starts_with("operator()")) {
      i += std::string_view("operator()").size() - 1;
    } else if (rest.front() == '<') {
      ++depth;
    } else if (rest.front() == '>' && depth > 0) {
      --depth;
    } else if (rest.front() == '(' && depth == 0) {
      return name.substr(0, i);
    }
  }
  return name;
}

/// The last word of the name that the mangled form has in it as it is: with its length before it.
std::string last_word(std::string_view wanted) {
  std::string_view name = without_arguments(wanted);
  if (const std::size_t at = name.find("operator"); at != std::string_view::npos) {
    name = name.substr(0, at);
  } else if (const std::size_t arguments = name.find('<');
             arguments != std::string_view::npos && arguments > 0) {
    name = name.substr(0, arguments);
  }
  std::size_t end = name.size();
  while (end > 0 && !is_word(name[end - 1])) {
    --end;
  }
  std::size_t begin = end;
  while (begin > 0 && is_word(name[begin - 1])) {
    --begin;
  }
  const std::string_view word = name.substr(begin, end - begin);
  return word.empty() ? std::string() : cat(word.size(), word);
}

}  // namespace

std::string demangle(std::string_view mangled) {
  mangled = mangled.substr(0, mangled.find('@'));
  if (!mangled.starts_with("_Z") || mangled.size() > most_mangled_bytes ||
      most_parts(mangled) > most_name_parts) {
    return {};
  }
  int status = 0;
  const std::string terminated(mangled);
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(terminated.c_str(), nullptr, nullptr, &status), &std::free);
  return text == nullptr ? std::string() : std::string(text.get());
}

void Demangler::allow(const elf::SymbolTable& table) {
  left_ += name_share * table.strings().size() + symbol_share * table.size();
}

std::string Demangler::operator()(std::string_view mangled) {
  if (is_spent_ || !mangled.starts_with("_Z")) {
    return {};
  }
  std::string text = demangle(mangled);
  // Looking for parameter packs takes time and writes nothing.
  const u64 unwritten = text.empty() ? 0 : most_parts(mangled.substr(0, mangled.find('@'))) / 256;
  const u64 cost = mangled.size() + text.size() + unwritten;
  is_spent_ = cost > left_;
  left_ -= std::min(left_, cost);
  return text;
}

bool means(std::string_view wanted, std::string_view demangled) {
  if (wanted == demangled) {
    return true;
  }
  std::string_view name = without_arguments(demangled);
  // Function templates are told with their return type in front.
  if (name.size() > wanted.size() && name.ends_with(wanted) && name[name.size() - wanted.size() - 1] == ' ') {
    name = wanted;
  }
  return wanted == name;
}

std::vector<elf::TableSymbol> find_demangled(const elf::SymbolTable& table, std::string_view wanted) {
  std::vector<elf::TableSymbol> found;
  const std::string word = last_word(wanted);
  if (word.empty()) {
    return found;
  }
  u32 tried = 0;
  Demangler demangler;
  demangler.allow(table);
  for (const elf::TableSymbol& symbol : table.find_containing("_Z", word)) {
    if (symbol.type != STT_FUNC || symbol.section == SHN_UNDEF) {
      continue;
    }
    if (++tried > most_candidates) {
      break;
    }
    if (means(wanted, demangler(table.name_of(symbol)))) {
      found.push_back(symbol);
    }
  }
  return found;
}

}  // namespace skep::host

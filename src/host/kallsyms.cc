#include "host/kallsyms.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <numeric>

#include "base/file.h"
#include "base/result.h"
#include "skep/fd.h"

namespace skep::host {
namespace {

constexpr std::size_t longest_line = 2048;  // KSYM_NAME_LEN is 512 since 6.1
constexpr u32 mark_count = 1024;

}  // namespace

u64 SymbolLine::address_value() const {
  u64 value = 0;
  std::from_chars(address.data(), address.data() + address.size(), value, 16);
  return value;
}

SymbolLine parse_symbol_line(std::string_view line) {
  SymbolLine made;
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || line.size() < space + 4 || line[space + 2] != ' ') {
    return made;
  }
  made.address = line.substr(0, space);
  made.type = line[space + 1];
  made.name = line.substr(space + 3);
  if (const std::size_t tab = made.name.find('\t'); tab != std::string_view::npos) {
    const std::string_view rest = trim(made.name.substr(tab + 1));
    if (rest.size() > 2 && rest.front() == '[' && rest.back() == ']') {
      made.module = rest.substr(1, rest.size() - 2);
    }
    made.name = made.name.substr(0, tab);
  }
  if (const std::size_t dot = made.name.find('.'); dot != std::string_view::npos) {
    made.name = made.name.substr(0, made.name.find(".llvm.", dot));
  }
  return made;
}

SymbolSearch::SymbolSearch(std::span<const std::string_view> names)
    : names_(names), found_(names.size()), by_name_(names.size()), marks_(mark_count) {
  std::iota(by_name_.begin(), by_name_.end(), 0U);
  std::sort(by_name_.begin(), by_name_.end(), [&](u32 a, u32 b) { return names_[a] < names_[b]; });
  for (const std::string_view name : names_) {
    marks_[mark_of(name)] = true;
  }
}

/// Tells nearly all other names apart without a comparison: length and both ends.
u32 SymbolSearch::mark_of(std::string_view name) {
  u32 first = 0;
  u32 last = 0;
  const std::size_t bytes = std::min(name.size(), sizeof first);
  std::memcpy(&first, name.data(), bytes);
  std::memcpy(&last, name.data() + name.size() - bytes, bytes);
  const u32 hash = (first * u32{0x9e3779b1}) ^ (last * u32{0x85ebca77}) ^
                   (static_cast<u32>(name.size()) * u32{0xc2b2ae3d});
  return (hash ^ hash >> 16) % mark_count;
}

void SymbolSearch::take(std::string_view line) {
  const SymbolLine symbol = parse_symbol_line(line);
  if (symbol.name.empty() || !marks_[mark_of(symbol.name)]) {
    return;
  }
  const auto first = std::lower_bound(by_name_.begin(), by_name_.end(), symbol.name,
                                      [&](u32 index, std::string_view name) { return names_[index] < name; });
  for (auto at = first; at != by_name_.end() && names_[*at] == symbol.name; ++at) {
    FoundSymbol& found = found_[*at];
    const u64 address = symbol.address_value();
    if (found.state == FoundSymbol::State::absent) {
      found.state = address == 0 ? FoundSymbol::State::hidden : FoundSymbol::State::found;
      found.address = address;
    } else if (found.state == FoundSymbol::State::found && found.address != address) {
      found.state = FoundSymbol::State::ambiguous;
      found.other_address = address;
    }
  }
}

void SymbolSearch::feed(std::string_view piece) {
  if (!rest_.empty()) {
    const std::size_t end = piece.find('\n');
    rest_.append(piece.substr(0, std::min(end, longest_line)));
    if (end == std::string_view::npos) {
      rest_.resize(std::min(rest_.size(), longest_line));
      return;
    }
    take(rest_);
    rest_.clear();
    piece.remove_prefix(end + 1);
  }
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    if (end == std::string_view::npos) {
      rest_ = piece.substr(0, longest_line);
      return;
    }
    take(piece.substr(0, end));
    piece.remove_prefix(end + 1);
  }
}

std::vector<FoundSymbol> SymbolSearch::finish() {
  if (!rest_.empty()) {
    take(rest_);
    rest_.clear();
  }
  return std::move(found_);
}

Result<std::vector<NamedSymbol>> symbols_named(const std::string& path, std::string_view name) {
  SKEP_TRY(const std::string text, read_text(path));
  std::vector<NamedSymbol> found;
  if (name.empty()) {
    return found;
  }
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
    const std::string_view line = std::string_view(text).substr(begin, text.find('\n', at) - begin);
    const SymbolLine symbol = parse_symbol_line(line);
    if (symbol.name == name && begin + static_cast<std::size_t>(symbol.name.data() - line.data()) == at) {
      found.push_back(
          {.address = symbol.address_value(), .type = symbol.type, .module = std::string(symbol.module)});
    }
  }
  return found;
}

std::vector<std::string> near_symbols(const std::string& path, std::string_view name) {
  const auto text = read_text(path);
  if (!text || name.empty()) {
    return {};
  }
  std::vector<std::string_view> candidates;
  for (const std::string_view line : split(*text, '\n')) {
    const std::string_view known = parse_symbol_line(line).name;
    const bool is_near = known.size() + 2 >= name.size() && name.size() + 2 >= known.size();
    if (is_near && !known.empty() && known.front() == name.front()) {
      candidates.push_back(known);
    }
  }
  return nearest(name, candidates);
}

Result<std::vector<FoundSymbol>> find_symbols(const std::string& path,
                                              std::span<const std::string_view> names) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) {
    return fail_errno(errno, cat(path, ": cannot be opened"));
  }
  SymbolSearch search(names);
  std::array<char, std::size_t{32} << 10> piece;
  for (;;) {
    const ssize_t got = ::read(file.raw(), piece.data(), piece.size());
    if (got == 0) {
      return search.finish();
    }
    if (got > 0) {
      search.feed({piece.data(), static_cast<std::size_t>(got)});
    } else if (errno != EINTR) {
      return fail_errno(errno, cat(path, ": cannot be read"));
    }
  }
}

}  // namespace skep::host

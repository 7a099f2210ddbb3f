#include "cli/kallsyms.h"

#include <charconv>

#include "base/text.h"

namespace skep::cli {

namespace {

struct Symbol {
  u64 address = 0;
  std::string_view name;
};

/// "ffffffff81234560 T bpf_map_lookup_elem", with "\t[module]" behind for modules.
Symbol parse_line(std::string_view line) {
  Symbol symbol;
  std::from_chars(line.data(), line.data() + line.size(), symbol.address, 16);
  const std::size_t type = line.find(' ');
  const std::size_t name = line.find(' ', type + 1);
  if (type != std::string_view::npos && name != std::string_view::npos) {
    symbol.name = line.substr(name + 1);
    symbol.name = symbol.name.substr(0, symbol.name.find('\t'));
  }
  return symbol;
}

}  // namespace

std::map<s32, std::string> call_names(std::string_view text, std::span<const s32> distances) {
  u64 base = 0;
  const std::vector<std::string_view> lines = split(text, '\n');
  for (const std::string_view line : lines) {
    if (line.ends_with(" __bpf_call_base")) {
      base = parse_line(line).address;
    }
  }
  std::map<s32, std::string> names;
  if (base == 0) {
    return names;
  }
  std::map<u64, s32> wanted;
  for (const s32 distance : distances) {
    wanted.emplace(base + static_cast<u64>(s64{distance}), distance);
  }
  for (const std::string_view line : lines) {
    const Symbol symbol = parse_line(line);
    if (const auto at = wanted.find(symbol.address); at != wanted.end()) {
      names.emplace(at->second, symbol.name);
    }
  }
  return names;
}

}  // namespace skep::cli

// Looking for functions in all that tells of them.
#include <algorithm>

#include "base/glob.h"
#include "host/demangle.h"
#include "host/executable_state.h"

namespace skep::host {

namespace {

constexpr u32 lookups_without_index = 4;

/// A name as it was asked for: "f", "f@VER" or "f@@VER".
struct Wanted {
  std::string_view name;
  std::string_view version;
  bool only_default = false;
};

Wanted parse_wanted(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0) {
    return {.name = text};
  }
  const bool twice = text.substr(at).starts_with("@@");
  return {.name = text.substr(0, at), .version = text.substr(at + (twice ? 2 : 1)), .only_default = twice};
}

/// "f@@VER" in the name itself, as .symtab has it.
std::string_view version_in_name(std::string_view name, bool& is_default) {
  const std::size_t at = name.find('@');
  is_default = at == std::string_view::npos || name.substr(at).starts_with("@@");
  return at == std::string_view::npos ? std::string_view() : name.substr(at + (is_default ? 2 : 1));
}

/// A function goes before a label without a type, the default version before others, global symbols before weak and static ones.
constexpr u32 function_rank = 16;

u32 rank(u8 bind) {
  return bind == STB_LOCAL ? 0 : bind == STB_WEAK ? 1 : 2;
}

}  // namespace

struct Executable::Candidates {
  struct One {
    Function function;
    u32 rank = 0;  // of several the highest counts
  };
  std::vector<One> functions;
  u32 indirect = 0;  // the rank of one that is chosen when the program starts

  void add(const Executable& file, const elf::SymbolTable& table, const elf::TableSymbol& symbol,
           SymbolSource source, u32 more_rank) {
    if (symbol.section == SHN_UNDEF) {
      return;
    }
    if (symbol.type == STT_GNU_IFUNC) {
      indirect = std::max(indirect, function_rank + more_rank + host::rank(symbol.bind));
    }
    if (symbol.type != STT_FUNC && symbol.type != STT_NOTYPE) {
      return;
    }
    const u64 address =
        file.image().machine() == EM_ARM ? symbol.value & ~u64{1} : symbol.value;  // the bit of Thumb
    const std::optional<u64> offset = file.file_offset(address);
    if (!offset) {
      return;
    }
    const std::string_view name = table.name_of(symbol);
    const u32 kind_rank = symbol.type == STT_FUNC ? function_rank : 0;
    functions.push_back({.function = {.name = std::string(name.substr(0, name.find('@'))),
                                      .address = address,
                                      .offset = *offset,
                                      .size = symbol.size,
                                      .source = source},
                         .rank = kind_rank + more_rank + host::rank(symbol.bind)});
  }
};

Result<const elf::SymbolTable*> Executable::static_symbols(SymbolSource& source) const {
  Lazy& lazy = *lazy_;
  if (!lazy.has_static) {
    if (const elf::ImageSection* const section = image_.find_section_type(SHT_SYMTAB)) {
      SKEP_TRY_IN(path_, lazy.static_table, elf::SymbolTable::of_section(image_, *section));
      lazy.static_source = SymbolSource::symtab;
    } else {
      // The debug file has every function; .gnu_debugdata those that .dynsym lacks. What is damaged is no worse than what is not there.
      auto separate = owned_.empty() ? read_debug_file(image_, file_path_, debug_root_)
                                     : Result<std::unique_ptr<SeparateSymbols>>(nullptr);
      lazy.static_source = SymbolSource::debug_file;
      if (!separate || *separate == nullptr) {
        lazy.static_source = SymbolSource::mini_debug_info;
        separate = read_mini_debug_info(image_);
        if (!separate) {
          return std::unexpected(std::move(separate).error().within(path_));
        }
      }
      lazy.separate = std::move(*separate);
      lazy.static_table = lazy.separate == nullptr ? elf::SymbolTable() : lazy.separate->table;
    }
    lazy.has_static = true;
  }
  source = lazy.static_source;
  return &lazy.static_table;
}

Result<const GoTable*> Executable::go_table() const {
  Lazy& lazy = *lazy_;
  if (!lazy.has_go) {
    lazy.has_go = true;
    if (auto table = GoTable::read(image_)) {
      lazy.go = *table;
    } else if (table.error().code() != Errc::not_found) {
      return std::unexpected(std::move(table).error().within(path_));
    }
  }
  return lazy.go ? &*lazy.go : nullptr;
}

Result<void> Executable::find_in_tables(std::string_view text, Candidates& found) const {
  const Wanted wanted = parse_wanted(text);
  const auto take = [&](const elf::SymbolTable& table, const elf::TableSymbol& symbol, SymbolSource source) {
    bool is_default = true;
    std::string_view version = table.version_of(symbol, is_default);
    if (version.empty()) {
      version = version_in_name(table.name_of(symbol), is_default);
    }
    const bool fits =
        wanted.version.empty() || (version == wanted.version && (is_default || !wanted.only_default));
    if (fits) {
      found.add(*this, table, symbol, source, is_default ? 4 : 0);
    }
  };
  for (const elf::TableSymbol& symbol : dynamic_.find(wanted.name)) {
    take(dynamic_, symbol, SymbolSource::dynamic);
  }
  if (!found.functions.empty() || found.indirect != 0) {
    return {};
  }
  SymbolSource source{};
  SKEP_TRY(const elf::SymbolTable* const table, static_symbols(source));
  if (lazy_->index || ++lazy_->lookups > lookups_without_index) {
    if (!lazy_->index) {
      lazy_->index.emplace(*table);
    }
    for (const elf::TableSymbol& symbol : lazy_->index->find(*table, wanted.name)) {
      take(*table, symbol, source);
    }
    return {};
  }
  std::vector<elf::TableSymbol> symbols = table->find(wanted.name);
  if (symbols.empty()) {
    symbols = table->find_prefix(cat(wanted.name, "@"));
  }
  for (const elf::TableSymbol& symbol : symbols) {
    take(*table, symbol, source);
  }
  return {};
}

Result<Function> Executable::find_function(std::string_view name) const {
  const std::scoped_lock lock(lazy_->mutex);
  Candidates found;
  SKEP_CHECK(find_in_tables(name, found));
  if (found.functions.empty() && found.indirect == 0) {
    SKEP_TRY(const GoTable* const go, go_table());
    for (const GoFunction& function : go == nullptr ? std::vector<GoFunction>() : go->find(name)) {
      if (const auto offset = file_offset(function.address)) {
        found.functions.push_back({.function = {.name = std::string(function.name),
                                                .address = function.address,
                                                .offset = *offset,
                                                .size = function.size,
                                                .source = SymbolSource::go_table}});
      }
    }
  }
  if (found.functions.empty() && found.indirect == 0) {
    SymbolSource source{};
    SKEP_TRY(const elf::SymbolTable* const table, static_symbols(source));
    for (const elf::TableSymbol& symbol : find_demangled(dynamic_, name)) {
      found.add(*this, dynamic_, symbol, SymbolSource::dynamic, 0);
    }
    for (const elf::TableSymbol& symbol : find_demangled(*table, name)) {
      found.add(*this, *table, symbol, source, 0);
    }
  }
  return choose(name, std::move(found));
}

Result<Function> Executable::choose(std::string_view name, Candidates found) const {
  auto& all = found.functions;
  const u32 best = all.empty() ? 0 : std::ranges::max_element(all, {}, &Candidates::One::rank)->rank;
  if (found.indirect > best) {
    return fail(Errc::unsupported,
                cat(path_, ": ", name,
                    " is an indirect function: which code runs is chosen when the program starts. ",
                    "Name that code: it is among what the pattern *", parse_wanted(name).name, "* lists"));
  }
  if (all.empty()) {
    const std::vector<std::string> near = near_functions(name);
    return fail(Errc::not_found,
                cat(path_, ": no function ", name, "; looked in ", where_looked(),
                    near.empty() ? std::string() : cat("; did you mean ", join(near, ", "), "?")));
  }
  std::erase_if(all, [&](const Candidates::One& one) { return one.rank != best; });
  std::ranges::sort(all, {}, [](const Candidates::One& one) { return one.function.offset; });
  const auto same =
      std::ranges::unique(all, {}, [](const Candidates::One& one) { return one.function.offset; });
  all.erase(same.begin(), same.end());
  if (all.size() == 1) {
    return std::move(all[0].function);
  }
  constexpr std::size_t most_listed = 8;
  std::vector<std::string> listed;
  for (std::size_t i = 0; i < std::min(all.size(), most_listed); ++i) {
    const std::string clear = demangle(all[i].function.name);
    listed.push_back(
        cat(clear.empty() ? all[i].function.name : clear, " at offset ", hex(all[i].function.offset)));
  }
  return fail(Errc::invalid, cat(path_, ": ", all.size(), " functions are called ", name, ": ",
                                 join(listed, ", "), all.size() > most_listed ? ", …" : "",
                                 "; name one by its offset in the file, or attach to all by a pattern"));
}

std::string Executable::where_looked() const {
  std::vector<std::string> places;
  if (!dynamic_.empty()) {
    places.emplace_back(".dynsym");
  }
  if (!lazy_->static_table.empty()) {
    places.push_back(lazy_->separate == nullptr ? std::string(".symtab") : lazy_->separate->place);
  } else {
    const std::vector<std::string> files =
        owned_.empty() ? debug_file_places(image_, file_path_, debug_root_) : std::vector<std::string>();
    places.push_back(cat("no .symtab (the file is stripped",
                         files.empty() ? "" : ", and there is no debug file ", join(files, " or "), ")"));
  }
  if (lazy_->go) {
    places.emplace_back(".gopclntab");
  }
  return join(places, ", ");
}

std::vector<std::string> Executable::near_functions(std::string_view name) const {
  std::vector<std::string_view> names;
  const auto take = [&](std::string_view known) {
    const bool is_near = known.size() + 2 >= name.size() && name.size() + 2 >= known.size();
    if (is_near && !known.empty() && known.front() == name.front()) {
      names.push_back(known);
    }
  };
  const elf::SymbolTable* const static_table = &lazy_->static_table;
  for (const elf::SymbolTable* const table : {&dynamic_, static_table}) {
    for (u32 i = 0; i < table->size(); ++i) {
      const elf::TableSymbol symbol = table->at(i);
      if (symbol.type == STT_FUNC && symbol.section != SHN_UNDEF) {
        take(table->name_of(symbol));
      }
    }
  }
  for (u32 i = 0; lazy_->go && i < lazy_->go->size(); ++i) {
    if (const auto function = lazy_->go->at(i)) {
      take(function->name);
    }
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return name.empty() ? std::vector<std::string>() : nearest(name, names);
}

Result<std::vector<Function>> Executable::match_functions(std::string_view pattern) const {
  const std::scoped_lock lock(lazy_->mutex);
  Candidates found;
  SymbolSource source{};
  SKEP_TRY(const elf::SymbolTable* const table, static_symbols(source));
  SKEP_TRY(const GoTable* const go, go_table());
  const Glob glob(pattern);
  const bool as_written = pattern.contains("::");
  const auto take = [&](const elf::SymbolTable& from, SymbolSource which) {
    for (u32 i = 0; i < from.size(); ++i) {
      const elf::TableSymbol symbol = from.at(i);
      if (symbol.type != STT_FUNC || symbol.section == SHN_UNDEF) {
        continue;
      }
      const std::string_view full = from.name_of(symbol);
      const std::string_view name = full.substr(0, full.find('@'));
      if (as_written && name.starts_with("_Z") ? glob.matches(demangle(name)) : glob.matches(name)) {
        found.add(*this, from, symbol, which, 0);
      }
    }
  };
  take(dynamic_, SymbolSource::dynamic);
  take(*table, source);
  for (u32 i = 0; go != nullptr && i < go->size(); ++i) {
    const auto function = go->at(i);
    const auto offset = function ? file_offset(function->address) : std::nullopt;
    if (offset && glob.matches(function->name)) {
      found.functions.push_back({.function = {.name = std::string(function->name),
                                              .address = function->address,
                                              .offset = *offset,
                                              .size = function->size,
                                              .source = SymbolSource::go_table}});
    }
  }
  std::vector<Function> functions;
  for (Candidates::One& one : found.functions) {
    functions.push_back(std::move(one.function));
  }
  std::ranges::stable_sort(functions, {}, &Function::offset);
  const auto same = std::ranges::unique(functions, {}, &Function::offset);
  functions.erase(same.begin(), same.end());
  if (functions.empty()) {
    return fail(Errc::not_found, cat(path_, ": no function fits ", pattern, "; looked in ", where_looked()));
  }
  return functions;
}

}  // namespace skep::host

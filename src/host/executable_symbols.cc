// Looking for functions in all that tells of them.
#include <algorithm>

#include "base/glob.h"
#include "host/demangle.h"
#include "host/executable_state.h"

namespace skep::host {

namespace {

constexpr u32 lookups_without_index = 4;
constexpr u64 table_share = 16;    // so many times the bytes of a table of names, and
constexpr u64 symbol_share = 256;  // so many bytes for each symbol, may all names together have

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
    Function function;      // its name is filled in when it is known that it is wanted
    std::string_view name;  // in the file
    u32 rank = 0;           // of several the highest counts
    Function take() && {
      function.name = name;
      return std::move(function);
    }
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
    functions.push_back(
        {.function =
             {.name = {}, .address = address, .offset = *offset, .size = symbol.size, .source = source},
         .name = name.substr(0, name.find('@')),
         .rank = kind_rank + more_rank + host::rank(symbol.bind)});
  }

  void add(const Executable& file, const GoFunction& function) {
    if (const auto offset = file.file_offset(function.address)) {
      functions.push_back({.function = {.name = {},
                                        .address = function.address,
                                        .offset = *offset,
                                        .size = function.size,
                                        .source = SymbolSource::go_table},
                           .name = function.name});
    }
  }
};

/// What fits a pattern, in one table after another.
struct Executable::Matches {
  const Executable& file;
  Glob glob;
  bool as_written = false;  // C++ names as people write them
  u64 name_bytes = 0;       // that may still be looked at: symbols may share names, not all the longest one
  Demangler demangler;
  Candidates found;

  Result<void> spend(std::string_view name) {
    if (name.size() > name_bytes) {
      return fail(Errc::malformed, cat(file.path(),
                                       ": its symbols have names that overlap, and more bytes of "
                                       "these than a table of names could hold"));
    }
    name_bytes -= name.size();
    if (demangler.is_spent()) {
      return fail(Errc::malformed,
                  cat(file.path(), ": its C++ names become too long; want a pattern without ::"));
    }
    return {};
  }

  Result<void> look_in(const elf::SymbolTable& table, SymbolSource source) {
    name_bytes += table_share * table.strings().size() + symbol_share * table.size();
    demangler.allow(table);
    for (u32 i = 0; i < table.size(); ++i) {
      const elf::TableSymbol symbol = table.at(i);
      if (symbol.type != STT_FUNC || symbol.section == SHN_UNDEF) {
        continue;
      }
      const std::string_view full = table.name_of(symbol);
      SKEP_CHECK(spend(full));
      const std::string_view name = full.substr(0, full.find('@'));
      if (as_written && name.starts_with("_Z") ? glob.matches(demangler(name)) : glob.matches(name)) {
        found.add(file, table, symbol, source, 0);
      }
    }
    return {};
  }

  Result<void> look_in(const GoTable& go) {
    name_bytes += table_share * file.image().file().size();
    for (u32 i = 0; i < go.size(); ++i) {
      const auto function = go.at(i);
      SKEP_CHECK(spend(function ? function->name : std::string_view()));
      if (function && glob.matches(function->name)) {
        found.add(file, *function);
      }
    }
    return {};
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
      found.add(*this, function);
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
    return std::move(all[0]).take();
  }
  constexpr std::size_t most_listed = 8;
  std::vector<std::string> listed;
  for (std::size_t i = 0; i < std::min(all.size(), most_listed); ++i) {
    const std::string clear = demangle(all[i].name);
    listed.push_back(cat(clear.empty() ? all[i].name : std::string_view(clear), " at offset ",
                         hex(all[i].function.offset)));
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
  SymbolSource source{};
  SKEP_TRY(const elf::SymbolTable* const table, static_symbols(source));
  SKEP_TRY(const GoTable* const go, go_table());
  Matches matches{.file = *this,
                  .glob = Glob(pattern),
                  .as_written = pattern.contains("::"),
                  .demangler = {},
                  .found = {}};
  SKEP_CHECK(matches.look_in(dynamic_, SymbolSource::dynamic));
  SKEP_CHECK(matches.look_in(*table, source));
  if (go != nullptr) {
    SKEP_CHECK(matches.look_in(*go));
  }
  auto& all = matches.found.functions;
  const auto offset_of = [](const Candidates::One& one) { return one.function.offset; };
  std::ranges::stable_sort(all, {}, offset_of);
  const auto same = std::ranges::unique(all, {}, offset_of);
  all.erase(same.begin(), same.end());
  if (all.empty()) {
    return fail(Errc::not_found, cat(path_, ": no function fits ", pattern, "; looked in ", where_looked()));
  }
  std::vector<Function> functions;
  functions.reserve(all.size());
  for (Candidates::One& one : all) {
    functions.push_back(std::move(one).take());
  }
  return functions;
}

}  // namespace skep::host

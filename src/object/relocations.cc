// ELF relocations -> what they name. Only two instructions can carry one: `call`, and `ld_imm64` (a 64-bit constant in two slots). The
// addend lies in the instruction's immediate: in bytes for ld_imm64; for a call, one less than the distance in instructions.
#include <algorithm>

#include "insn/traits.h"
#include "object/draft.h"

namespace skep::object {
namespace {

constexpr u64 insn_bytes = sizeof(bpf_insn);

/// Where one relocation points, for messages and for resolving.
struct Site {
  const FunctionSpec& function;
  u32 insn_index;
  const bpf_insn& insn;
  const elf::Symbol& symbol;
};

std::string symbol_name(const Draft& draft, const elf::Symbol& symbol) {
  return symbol.type == STT_SECTION ? cat("section ", draft.section_name(symbol.section))
                                    : cat("'", symbol.name, "'");
}

Result<Relocation> to_extern(const Draft& draft, const Site& site) {
  const auto found = draft.extern_called.find(site.symbol.name);
  if (found == draft.extern_called.end()) {
    return fail(Errc::malformed, cat("'", site.symbol.name,
                                     "' is not defined, and BTF declares no such extern (is a definition "
                                     "missing, or -g, or __ksym?)"));
  }
  const bool is_function = draft.spec.externs[found->second].kind == ExternSpec::Kind::ksym_function;
  Relocation made{.insn_index = site.insn_index, .target = found->second};
  if (insn::is_ld_imm64(site.insn)) {
    if (site.insn.imm != 0) {
      return fail(Errc::unsupported, cat("want the address of extern '", site.symbol.name, "' itself, have ",
                                         site.insn.imm, " bytes more"));
    }
    made.kind = is_function ? RelocationKind::extern_function_address : RelocationKind::extern_variable;
    return made;
  }
  if (insn::is_call(site.insn) && is_function) {
    made.kind = RelocationKind::extern_function;
    return made;
  }
  return fail(Errc::malformed, cat("extern '", site.symbol.name,
                                   is_function ? "' is a function, and neither called nor its address taken"
                                               : "' is a variable, and its address is not taken"));
}

Result<Relocation> to_function(const Draft& draft, const Site& site, u64 offset, RelocationKind kind) {
  const u32 function = draft.function_at(site.symbol.section, offset);
  if (function == no_index) {
    return fail(Errc::malformed, cat("no function begins at offset ", offset, " of section ",
                                     draft.section_name(site.symbol.section)));
  }
  return Relocation{.insn_index = site.insn_index, .kind = kind, .target = function};
}

Result<Relocation> to_map_or_data(const Draft& draft, const Site& site, u64 offset) {
  const u32 section = site.symbol.section;
  if (section < draft.data_map_of.size() && draft.data_map_of[section] != no_index) {
    if (offset > draft.section(section).size) {
      return fail(Errc::malformed,
                  cat("offset ", offset, " is outside of section ", draft.section_name(section), " (",
                      draft.section(section).size, " bytes)"));
    }
    return Relocation{.insn_index = site.insn_index,
                      .kind = RelocationKind::map_value,
                      .target = draft.data_map_of[section],
                      .offset = static_cast<u32>(offset)};
  }
  const auto map = draft.map_at.find(Draft::place(section, offset));
  if (map != draft.map_at.end()) {
    return Relocation{.insn_index = site.insn_index, .kind = RelocationKind::map_fd, .target = map->second};
  }
  return fail(Errc::malformed, cat("offset ", offset, " of section ", draft.section_name(section),
                                   " is neither a map, nor a variable, nor a function"));
}

Result<Relocation> to_jump_table(const Draft& draft, const Site& site, u64 offset) {
  const auto table = draft.jump_table_at.find(Draft::place(site.symbol.section, site.symbol.value));
  if (table == draft.jump_table_at.end()) {
    return fail(Errc::malformed, cat("no jump table begins at offset ", site.symbol.value));
  }
  const u64 within = offset - site.symbol.value;
  if (within % sizeof(u64) != 0 ||
      within / sizeof(u64) >= draft.spec.jump_tables[table->second].targets.size()) {
    return fail(Errc::malformed,
                cat("offset ", offset, " is in no entry of jump table '", site.symbol.name, "'"));
  }
  return Relocation{.insn_index = site.insn_index,
                    .kind = RelocationKind::jump_table,
                    .target = table->second,
                    .offset = static_cast<u32>(within)};
}

Result<Relocation> resolve(const Draft& draft, const Site& site) {
  if (site.symbol.section == SHN_UNDEF) {
    return to_extern(draft, site);
  }
  if (site.symbol.section >= draft.file.sections().size()) {
    return fail(Errc::malformed, cat("symbol ", symbol_name(draft, site.symbol), " belongs to no section (",
                                     site.symbol.section, ")"));
  }
  const bool to_code = is_code(draft.section(site.symbol.section));
  if (insn::is_call(site.insn)) {
    if (!to_code) {
      return fail(Errc::malformed,
                  cat("a call goes to ", symbol_name(draft, site.symbol), ", which is no code"));
    }
    const u64 offset =
        site.symbol.value + static_cast<u64>((s64{site.insn.imm} + 1) * static_cast<s64>(insn_bytes));
    return to_function(draft, site, offset, RelocationKind::subprogram_call);
  }
  if (!insn::is_ld_imm64(site.insn)) {
    return fail(Errc::malformed, cat("want a call or a 64-bit load, have opcode ", hex(site.insn.code)));
  }
  const u64 offset = site.symbol.value + static_cast<u64>(s64{site.insn.imm});
  if (draft.section_name(site.symbol.section) == ".jumptables") {
    return to_jump_table(draft, site, offset);
  }
  return to_code ? to_function(draft, site, offset, RelocationKind::subprogram_address)
                 : to_map_or_data(draft, site, offset);
}

/// Finds the function that contains an offset of one section. Relocation tables ascend, so it looks first where it found the last one.
class FunctionFinder {
 public:
  FunctionFinder(const Draft& draft, u32 section)
      : functions_(draft.spec.functions), range_(draft.functions_of[section]) {}

  /// The function's index, or `no_index`.
  u32 around(u64 offset) {
    for (const u32 candidate : {last_, last_ + 1}) {
      if (candidate < range_.first + range_.count && contains(candidate, offset)) {
        return last_ = candidate;
      }
    }
    const auto begin = functions_.begin() + range_.first;
    const auto after = std::upper_bound(begin, begin + range_.count, offset,
                                        [](u64 o, const FunctionSpec& f) { return o < f.section_offset; });
    const auto index = static_cast<u32>(after - functions_.begin()) - 1;
    if (after == begin || !contains(index, offset)) {
      return no_index;
    }
    return last_ = index;
  }

 private:
  bool contains(u32 index, u64 offset) const {
    const FunctionSpec& function = functions_[index];
    return offset >= function.section_offset &&
           offset - function.section_offset < function.insns.size() * insn_bytes;
  }

  const std::vector<FunctionSpec>& functions_;
  FunctionRange range_;
  u32 last_ = range_.first;
};

Result<void> read_one(Draft& draft, u32 section, const elf::Relocation& raw, FunctionFinder& finder) {
  if (raw.offset % insn_bytes != 0 || raw.offset >= draft.section(section).size) {
    return fail(Errc::malformed, cat("want an instruction's offset below ", draft.section(section).size,
                                     ", have ", raw.offset));
  }
  const u32 index = finder.around(raw.offset);
  if (index == no_index) {
    return {};  // code that belongs to no function, such as what a linker left of an overridden weak one
  }
  FunctionSpec& function = draft.spec.functions[index];
  const auto insn_index = static_cast<u32>((raw.offset - function.section_offset) / insn_bytes);
  const elf::Symbol& symbol = draft.file.symbols()[raw.symbol];
  const Site site{
      .function = function, .insn_index = insn_index, .insn = function.insns[insn_index], .symbol = symbol};
  SKEP_TRY_IN(cat("function '", function.name, "': instruction ", insn_index), const Relocation relocation,
              resolve(draft, site));
  function.relocations.push_back(relocation);
  return {};
}

/// How many relocations each function is about to get, so that each list is allocated once.
void reserve_relocations(Draft& draft, u32 section, const std::vector<elf::Relocation>& relocations) {
  FunctionFinder finder(draft, section);
  u32 index = no_index;
  std::size_t run = 0;
  const auto flush = [&] {
    if (index != no_index) {
      std::vector<Relocation>& list = draft.spec.functions[index].relocations;
      list.reserve(list.size() + run);
    }
  };
  for (const elf::Relocation& relocation : relocations) {
    const u32 here = finder.around(relocation.offset);
    if (here != index) {
      flush();
      index = here;
      run = 0;
    }
    ++run;
  }
  flush();
}

/// Calls within one section need no ELF relocation: the assembler knew the distance. For us they are relocations all the same, since every
/// program gets a copy of what it calls.
Result<void> add_plain_calls(Draft& draft, u32 section, FunctionSpec& function) {
  std::vector<Relocation> plain;
  const auto is_relocated = [&function](u32 index) {
    const auto at = std::lower_bound(function.relocations.begin(), function.relocations.end(), index,
                                     [](const Relocation& r, u32 i) { return r.insn_index < i; });
    return at != function.relocations.end() && at->insn_index == index;
  };
  for (u32 i = 0; i < function.insns.size(); ++i) {
    if (!insn::is_call_subprog(function.insns[i]) || is_relocated(i)) {
      continue;
    }
    const s64 target = static_cast<s64>(function.section_offset) +
                       (s64{i} + 1 + function.insns[i].imm) * static_cast<s64>(insn_bytes);
    const u32 callee = target < 0 ? no_index : draft.function_at(section, static_cast<u64>(target));
    if (callee == no_index) {
      return fail(Errc::malformed, cat("function '", function.name, "': instruction ", i, " calls offset ",
                                       target, ", where no function begins"));
    }
    plain.push_back({.insn_index = i, .kind = RelocationKind::subprogram_call, .target = callee});
  }
  if (!plain.empty()) {
    const auto middle = static_cast<std::ptrdiff_t>(function.relocations.size());
    function.relocations.insert(function.relocations.end(), plain.begin(), plain.end());
    std::inplace_merge(function.relocations.begin(), function.relocations.begin() + middle,
                       function.relocations.end(),
                       [](const Relocation& a, const Relocation& b) { return a.insn_index < b.insn_index; });
  }
  return {};
}

Result<void> refuse_double_relocations(const FunctionSpec& function) {
  const auto twice = std::adjacent_find(
      function.relocations.begin(), function.relocations.end(),
      [](const Relocation& a, const Relocation& b) { return a.insn_index == b.insn_index; });
  if (twice != function.relocations.end()) {
    return fail(Errc::malformed, cat("function '", function.name, "': instruction ", twice->insn_index,
                                     " has two relocations"));
  }
  return {};
}

Result<void> finish_section(Draft& draft, u32 section) {
  const FunctionRange range = draft.functions_of[section];
  for (u32 i = range.first; i < range.first + range.count; ++i) {
    FunctionSpec& function = draft.spec.functions[i];
    std::stable_sort(function.relocations.begin(), function.relocations.end(),
                     [](const Relocation& a, const Relocation& b) { return a.insn_index < b.insn_index; });
    SKEP_CHECK(refuse_double_relocations(function));
    SKEP_CHECK(add_plain_calls(draft, section, function));
  }
  return {};
}

}  // namespace

Result<void> read_relocations(Draft& draft) {
  for (const elf::Section& table : draft.file.sections()) {
    if ((table.type != SHT_REL && table.type != SHT_RELA) || table.info >= draft.functions_of.size() ||
        draft.functions_of[table.info].count == 0) {
      continue;
    }
    if (table.type == SHT_RELA) {
      return fail(
          Errc::unsupported,
          cat("section ", table.name, ": relocations with addends (SHT_RELA) do not occur in BPF objects"));
    }
    SKEP_TRY_IN(cat("section ", table.name), const auto relocations, draft.file.relocations(table));
    reserve_relocations(draft, table.info, relocations);
    FunctionFinder finder(draft, table.info);
    for (u32 i = 0; i < relocations.size(); ++i) {
      SKEP_CHECK_IN(cat("section ", table.name, ": relocation ", i),
                    read_one(draft, table.info, relocations[i], finder));
    }
  }
  for (u32 section = 0; section < draft.functions_of.size(); ++section) {
    SKEP_CHECK_IN(cat("section ", draft.section_name(section)), finish_section(draft, section));
  }
  return {};
}

}  // namespace skep::object

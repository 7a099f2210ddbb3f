// Jump tables: for each `switch` that clang compiles to an indirect jump, section .jumptables has the byte offsets of its cases in the section of the code.
#include "object/draft.h"

namespace skep::object {

Result<void> read_jump_tables(Draft& draft) {
  constexpr u64 entry_bytes = sizeof(u64);
  u64 entries = 0;
  for (const elf::Symbol& symbol : draft.file.symbols()) {
    if (symbol.size == 0 || symbol.section >= draft.file.sections().size() ||
        draft.section_name(symbol.section) != ".jumptables") {
      continue;
    }
    const elf::Section& section = draft.section(symbol.section);
    entries += symbol.size / entry_bytes;
    if (symbol.value % entry_bytes != 0 || symbol.size % entry_bytes != 0 ||
        entries > section.size / entry_bytes) {
      return fail(Errc::malformed, cat("section .jumptables: table '", symbol.name, "': want entries of ",
                                       entry_bytes, " bytes that no other table has, have ", symbol.size,
                                       " bytes at offset ", symbol.value));
    }
    SKEP_TRY_IN(cat("section .jumptables: table '", symbol.name, "'"), const ByteView bytes,
                section.bytes.slice(symbol.value, symbol.size));
    JumpTableSpec table{.name = std::string(symbol.name)};
    for (u64 at = 0; at < symbol.size; at += entry_bytes) {
      SKEP_TRY(const u64 target, bytes.read<u64>(at));
      table.targets.push_back(target);
    }
    draft.jump_table_at.emplace(Draft::place(symbol.section, symbol.value),
                                static_cast<u32>(draft.spec.jump_tables.size()));
    draft.spec.jump_tables.push_back(std::move(table));
  }
  return {};
}

}  // namespace skep::object

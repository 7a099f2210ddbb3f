// Writes ELF64 relocatable objects of either byte order: what the static linker emits and what tests feed to the reader.
#pragma once

#include <string>
#include <vector>

#include "elf/file.h"

namespace skep::elf {

/// A section to write. `size` counts only for SHT_NOBITS; otherwise the size is that of `bytes`.
struct NewSection {
  std::string name;
  u32 type = SHT_PROGBITS;
  u64 flags = 0;
  std::vector<std::byte> bytes{};
  u64 size = 0;
  u32 link = 0;
  u32 info = 0;
  u64 entry_bytes = 0;
  u64 alignment = 1;  ///< a power of two
};

/// A symbol to write; the fields are those of Symbol.
struct NewSymbol {
  std::string name;
  u64 value = 0;
  u64 size = 0;
  u8 bind = STB_LOCAL;
  u8 type = STT_NOTYPE;
  u8 visibility = STV_DEFAULT;
  u16 section = SHN_UNDEF;
};

/// Collects sections, symbols and relocations, then lays them out. One thread at a time.
class Writer {
 public:
  explicit Writer(std::endian order, u16 machine = EM_BPF, u16 type = ET_REL);

  /// Adds a section and returns its index in the file (from 1 on, in the order of the calls).
  u32 add_section(NewSection section);
  /// Adds a symbol and returns its number for add_relocation(); build() puts local symbols first, as the format wants, so the index in the
  /// file may differ.
  u32 add_symbol(NewSymbol symbol);
  /// Records a relocation of `section` (an index from add_section) by `symbol` (a number from add_symbol). All of a section's relocations go to one SHT_REL
  /// section called ".rel" + its name, written after the sections added.
  void add_relocation(u32 section, u64 offset, u32 type, u32 symbol);
  /// Leaves the symbol table out, as stripping does; the relocations go with it.
  void omit_symbols() { with_symbols_ = false; }

  /// The file: header, section contents, section headers.
  std::vector<std::byte> build() const;

 private:
  struct Pending {
    u32 section;
    Relocation relocation;
  };

  std::endian order_;
  u16 machine_;
  u16 type_;
  bool with_symbols_ = true;
  std::vector<NewSection> sections_;
  std::vector<NewSymbol> symbols_;
  std::vector<Pending> relocations_;
};

}  // namespace skep::elf

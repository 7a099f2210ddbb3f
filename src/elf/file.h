// A zero-copy reader of ELF64 files (System V gABI, chapter 4) of either byte order. Every offset and count in the file is checked once, in
// parse(); what comes out are views that borrow the bytes given. Made for the relocatable objects that clang emits for BPF, and general enough
// to look up symbols in programs and shared libraries. Numbers and names of the format come from libc's <elf.h>.
#pragma once

#include <elf.h>

#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace skep::elf {

/// One section header, with the bytes it names. Borrowed from the file.
struct Section {
  std::string_view name;
  u32 type = 0;         ///< SHT_*
  u64 flags = 0;        ///< SHF_*
  u64 size = 0;         ///< in bytes; for SHT_NOBITS the size in memory, while `bytes` is empty
  u32 link = 0;         ///< another section's index; its meaning depends on `type`
  u32 info = 0;         ///< for SHT_REL and SHT_RELA: the section that the relocations change
  u64 entry_bytes = 0;  ///< for tables: the size of one entry
  ByteView bytes;       ///< empty for SHT_NOBITS
  u64 alignment = 0;    ///< 0 and 1: none
};

/// One entry of a symbol table. Borrowed from the file.
struct Symbol {
  std::string_view name;
  u64 value = 0;      ///< in a relocatable object: the offset within `section`
  u64 size = 0;       ///< in bytes
  u8 bind = 0;        ///< STB_*
  u8 type = 0;        ///< STT_*
  u8 visibility = 0;  ///< STV_*
  u16 section = 0;    ///< a section's index, or SHN_UNDEF, SHN_ABS, SHN_COMMON, SHN_XINDEX
};

/// One relocation: "at `offset` of the section, put what `type` says about `symbol`".
struct Relocation {
  u64 offset = 0;  ///< in bytes, within the section that is changed
  u32 type = 0;    ///< R_BPF_*
  u32 symbol = 0;  ///< index into File::symbols(), checked
  s64 addend = 0;  ///< of SHT_RELA; 0 for SHT_REL, where it lies in the bytes that are changed
};

/// A parsed file. Borrows the bytes given to parse(), which must outlive it and all its views. Immutable: may be shared by threads.
class File {
 public:
  /// Checks and indexes an ELF64 file of any kind and machine.
  /// Errors: truncated (a table or a section reaches past the end), malformed (not ELF, 32-bit, a contradiction), unsupported (extended
  /// section numbering, which needs more than 65 279 sections).
  static Result<File> parse(std::span<const std::byte> bytes);

  std::endian order() const { return order_; }
  u16 machine() const { return machine_; }  ///< EM_*
  u16 type() const { return type_; }        ///< ET_*
  u32 flags() const { return flags_; }      ///< processor-specific

  /// All sections; the position is the ELF section index, so entry 0 is the null section.
  std::span<const Section> sections() const { return sections_; }
  /// The entries of the (first) SHT_SYMTAB; the position is the ELF symbol index, so entry 0 is the null symbol.
  std::span<const Symbol> symbols() const { return symbols_; }
  /// False when the file was stripped.
  bool has_symbols() const { return symbol_table_ != 0; }
  /// How many SHT_SYMTAB sections there are; the format allows one.
  u32 symbol_table_count() const { return symbol_table_count_; }

  /// The first section called `name`, or null.
  const Section* find_section(std::string_view name) const;

  /// The entries of a symbol table (SHT_SYMTAB or SHT_DYNSYM) of this file.
  /// Errors: malformed (entry size, string table, section index), truncated (a name).
  Result<std::vector<Symbol>> symbols_of(const Section& table) const;

  /// The entries of a SHT_REL or SHT_RELA section of this file, each symbol index checked against symbols().
  /// Errors: invalid (another type of section), malformed (entry size, symbol index, a different symbol table).
  Result<std::vector<Relocation>> relocations(const Section& rel_section) const;

 private:
  Result<void> read_sections(ByteView file);
  Result<void> read_symbols();

  std::endian order_ = std::endian::native;
  u16 machine_ = 0;
  u16 type_ = 0;
  u32 flags_ = 0;
  u32 symbol_table_ = 0;
  u32 symbol_table_count_ = 0;
  std::vector<Section> sections_;
  std::vector<Symbol> symbols_;
};

/// Refuses what no BPF loader can use, each with its own words: another machine (named), not a relocatable file, no symbol table, several, compressed
/// sections, symbols with extended section numbers. Errors: malformed, unsupported.
Result<void> check_bpf_object(const File& file);

/// "x86-64 (62)", "BPF (247)", or "unknown (4711)".
std::string machine_name(u16 machine);

}  // namespace skep::elf

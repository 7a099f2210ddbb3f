// Symbol tables of executables and shared libraries, with their versions, of 32 or 64 bits.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "elf/image.h"

namespace skep::elf {

/// One entry of a symbol table, borrowed from the file.
struct TableSymbol {
  u32 index = 0;
  u32 name_offset = 0;
  u64 value = 0;  ///< an address, in linked files
  u64 size = 0;   ///< in bytes; 0: not known
  u8 type = 0;    ///< STT_*
  u8 bind = 0;    ///< STB_*
  u16 section = 0;
};

/// A table and its names. Borrows the bytes of its Image, which must outlive it. Immutable.
class SymbolTable {
 public:
  SymbolTable() = default;
  /// The table that is section `table` of `image`. Errors: truncated, malformed (entry size, no string table).
  static Result<SymbolTable> of_section(const Image& image, const ImageSection& table);
  /// .dynsym with its hash table and versions, by section or by what the dynamic segment says. An empty table where there is none. Errors: truncated, malformed.
  static Result<SymbolTable> dynamic(const Image& image);

  u32 size() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// True when find() need not look at every entry.
  bool is_hashed() const { return !hash_.empty(); }
  /// Entry `index`, which must be below size().
  TableSymbol at(u32 index) const;
  /// Nothing where the name lies outside of the string table, or has more than 8 KiB.
  std::string_view name_of(const TableSymbol& symbol) const;
  /// "GLIBC_2.34" for what has a version; `is_default` as in f@@VERSION. Empty where versions are not told.
  std::string_view version_of(const TableSymbol& symbol, bool& is_default) const;
  /// The bytes of all names.
  ByteView strings() const { return strings_; }

  /// All entries called `name` (without a version): through .gnu.hash, or by one pass that compares numbers.
  std::vector<TableSymbol> find(std::string_view name) const;
  /// All entries whose names begin with `prefix`, by one pass.
  std::vector<TableSymbol> find_prefix(std::string_view prefix) const;
  /// All entries whose names begin with `prefix` and have `part` somewhere, by one pass.
  std::vector<TableSymbol> find_containing(std::string_view prefix, std::string_view part) const;

 private:
  Result<void> read_sections(const Image& image, const ImageSection& table);
  Result<void> read_dynamic_segment(const Image& image);
  Result<void> read_hash(ByteView section);
  Result<void> read_versions(ByteView definitions);
  std::vector<TableSymbol> find_hashed(std::string_view name) const;
  std::vector<TableSymbol> at_names(const std::vector<u32>& name_offsets) const;
  u32 count_by_hash() const;

  bool is_64_ = true;
  u32 count_ = 0;
  ByteView entries_;
  ByteView strings_;
  ByteView versions_;                            // .gnu.version: one u16 for each entry
  std::vector<std::string_view> version_names_;  // by number
  ByteView hash_;                                // .gnu.hash: from its bloom filter on
  u32 bucket_count_ = 0;
  u32 bloom_words_ = 0;
  u32 bloom_shift_ = 0;
  u32 first_hashed_ = 0;
};

/// The hash function of .gnu.hash.
u32 gnu_hash(std::string_view name);

}  // namespace skep::elf

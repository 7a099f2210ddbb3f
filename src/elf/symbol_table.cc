#include "elf/symbol_table.h"

#include <algorithm>
#include <cstring>

#include "base/file.h"
#include "elf/name_search.h"
#include "elf/strings.h"

namespace skep::elf {

namespace {

constexpr u64 wide_entry = 24;
constexpr u64 narrow_entry = 16;
constexpr u16 hidden_version = 0x8000;
constexpr u32 most_versions = 0x7fff;

/// Where in `strings` the bytes `wanted` begin.
std::vector<u32> occurrences(ByteView strings, std::string_view wanted) {
  std::vector<u32> found;
  const std::string_view all = strings.chars();
  const char* at = all.data();
  const char* const end = at + all.size();
  while (at < end) {
    const auto* const hit = static_cast<const char*>(
        memmem(at, static_cast<std::size_t>(end - at), wanted.data(), wanted.size()));
    if (hit == nullptr) {
      break;
    }
    found.push_back(static_cast<u32>(hit - all.data()));
    at = hit + 1;
  }
  return found;
}

}  // namespace

u32 gnu_hash(std::string_view name) {
  u32 hash = 5381;
  for (const char letter : name) {
    hash = hash * 33 + static_cast<u8>(letter);
  }
  return hash;
}

Result<SymbolTable> SymbolTable::of_section(const Image& image, const ImageSection& table) {
  SymbolTable made;
  SKEP_CHECK_IN(cat("symbol table ", table.name), made.read_sections(image, table));
  return made;
}

Result<void> SymbolTable::read_sections(const Image& image, const ImageSection& table) {
  is_64_ = image.is_64();
  const u64 entry = is_64_ ? wide_entry : narrow_entry;
  if (table.entry_bytes != entry) {
    return fail(Errc::malformed, cat("want entries of ", entry, " bytes, have ", table.entry_bytes));
  }
  if (table.link >= image.sections().size()) {
    return fail(Errc::malformed, cat("its names are in section ", table.link, ", but there are only ",
                                     image.sections().size()));
  }
  SKEP_TRY(entries_, image.bytes_of(table));
  SKEP_TRY_IN("names", strings_, image.bytes_of(image.sections()[table.link]));
  count_ = static_cast<u32>(std::min<u64>(entries_.size() / entry, ~u32{0}));
  return {};
}

Result<SymbolTable> SymbolTable::dynamic(const Image& image) {
  SymbolTable made;
  const ImageSection* const table = image.find_section_type(SHT_DYNSYM);
  if (table == nullptr) {
    SKEP_CHECK_IN("dynamic segment", made.read_dynamic_segment(image));
    return made;
  }
  SKEP_CHECK_IN(cat("symbol table ", table->name), made.read_sections(image, *table));
  if (const ImageSection* const hash = image.find_section_type(SHT_GNU_HASH)) {
    SKEP_TRY(const ByteView bytes, image.bytes_of(*hash));
    SKEP_CHECK_IN("section .gnu.hash", made.read_hash(bytes));
  }
  const ImageSection* const numbers = image.find_section_type(SHT_GNU_versym);
  const ImageSection* const definitions = image.find_section_type(SHT_GNU_verdef);
  if (numbers != nullptr && definitions != nullptr) {
    SKEP_TRY(made.versions_, image.bytes_of(*numbers));
    SKEP_TRY(const ByteView bytes, image.bytes_of(*definitions));
    SKEP_CHECK_IN("section .gnu.version_d", made.read_versions(bytes));
  }
  return made;
}

Result<void> SymbolTable::read_dynamic_segment(const Image& image) {
  const auto dynamic = std::ranges::find(image.segments(), u32{PT_DYNAMIC}, &Segment::type);
  if (dynamic == image.segments().end()) {
    return {};
  }
  is_64_ = image.is_64();
  SKEP_TRY(const ByteView entries, image.file().slice(dynamic->offset, dynamic->file_bytes));
  const u64 word = image.address_bytes();
  struct {
    u64 symbols, strings, string_bytes, hash, versions, definitions;
  } at{};
  for (u64 offset = 0; entries.holds(offset, 2 * word); offset += 2 * word) {
    SKEP_TRY(const u64 tag, image.read_word(entries, offset));
    SKEP_TRY(const u64 value, image.read_word(entries, offset + word));
    switch (tag) {
      case DT_SYMTAB: at.symbols = value; break;
      case DT_STRTAB: at.strings = value; break;
      case DT_STRSZ: at.string_bytes = value; break;
      case DT_GNU_HASH: at.hash = value; break;
      case DT_VERSYM: at.versions = value; break;
      case DT_VERDEF: at.definitions = value; break;
      default: break;
    }
  }
  if (at.symbols == 0 || at.strings == 0 || at.hash == 0) {
    return {};  // without .gnu.hash nothing tells how long the table is
  }
  SKEP_TRY_IN("symbols", entries_, image.bytes_from(at.symbols));
  SKEP_TRY_IN("names", const ByteView strings, image.bytes_from(at.strings));
  SKEP_TRY_IN("names", strings_, strings.slice(0, at.string_bytes));
  SKEP_TRY_IN("hash table", const ByteView hash, image.bytes_from(at.hash));
  SKEP_CHECK_IN("hash table", read_hash(hash));
  const u64 room = entries_.size() / (is_64_ ? wide_entry : narrow_entry);
  count_ = static_cast<u32>(std::min<u64>(count_by_hash(), room));
  if (at.versions != 0 && at.definitions != 0) {
    SKEP_TRY_IN("versions", versions_, image.bytes_from(at.versions));
    SKEP_TRY_IN("versions", const ByteView definitions, image.bytes_from(at.definitions));
    SKEP_CHECK_IN("versions", read_versions(definitions));
  }
  return {};
}

Result<void> SymbolTable::read_hash(ByteView section) {
  SKEP_TRY(const auto header, section.record<16>(0));
  bucket_count_ = header.at<0, u32>();
  first_hashed_ = header.at<4, u32>();
  bloom_words_ = header.at<8, u32>();
  bloom_shift_ = header.at<12, u32>();
  SKEP_TRY(const ByteView rest, section.from(16));
  const u64 bloom_bytes = u64{bloom_words_} * (is_64_ ? 8 : 4);
  if (bucket_count_ == 0 || bloom_words_ == 0 || bloom_shift_ > 31 ||
      !rest.holds(bloom_bytes, u64{bucket_count_} * 4)) {
    return fail(Errc::malformed, cat("want buckets and a filter that fit, have ", bucket_count_, " and ",
                                     bloom_words_, " words in ", rest.size(), " bytes"));
  }
  hash_ = rest;
  return {};
}

Result<void> SymbolTable::read_versions(ByteView definitions) {
  u64 at = 0;
  for (u32 i = 0; i < most_versions; ++i) {
    SKEP_TRY(const auto raw, definitions.record<20>(at));
    const u32 number = raw.at<4, u16>() & most_versions;
    SKEP_TRY(const u32 name, definitions.read<u32>(at + raw.at<12, u32>()));
    if (const auto text = short_string(strings_, name)) {
      version_names_.resize(std::max<std::size_t>(version_names_.size(), number + 1));
      version_names_[number] = *text;
    }
    const u32 next = raw.at<16, u32>();
    if (next == 0) {
      break;
    }
    at += next;
  }
  return {};
}

TableSymbol SymbolTable::at(u32 index) const {
  TableSymbol symbol{.index = index};
  u8 info = 0;
  if (is_64_) {
    const auto raw = entries_.record<wide_entry>(u64{index} * wide_entry);
    SKEP_ASSERT(raw.has_value());
    symbol.name_offset = raw->at<0, u32>();
    info = raw->at<4, u8>();
    symbol.section = raw->at<6, u16>();
    symbol.value = raw->at<8, u64>();
    symbol.size = raw->at<16, u64>();
  } else {
    const auto raw = entries_.record<narrow_entry>(u64{index} * narrow_entry);
    SKEP_ASSERT(raw.has_value());
    symbol.name_offset = raw->at<0, u32>();
    symbol.value = raw->at<4, u32>();
    symbol.size = raw->at<8, u32>();
    info = raw->at<12, u8>();
    symbol.section = raw->at<14, u16>();
  }
  symbol.type = info & 0xf;
  symbol.bind = info >> 4;
  return symbol;
}

std::string_view SymbolTable::name_of(const TableSymbol& symbol) const {
  return short_string(strings_, symbol.name_offset).value_or(std::string_view());
}

std::string_view SymbolTable::version_of(const TableSymbol& symbol, bool& is_default) const {
  is_default = true;
  const auto number = versions_.read<u16>(u64{symbol.index} * 2);
  if (!number) {
    return {};
  }
  is_default = (*number & hidden_version) == 0;
  const u32 index = *number & most_versions;
  return index > VER_NDX_GLOBAL && index < version_names_.size() ? version_names_[index] : std::string_view();
}

std::vector<TableSymbol> SymbolTable::find_hashed(std::string_view name) const {
  std::vector<TableSymbol> found;
  const u32 hash = gnu_hash(name);
  const u64 word_bits = is_64_ ? 64 : 32;
  const u64 word_at = (hash / word_bits % bloom_words_) * (word_bits / 8);
  const auto narrow = hash_.read<u32>(word_at);
  const auto wide = hash_.read<u64>(word_at);
  const u64 filter = is_64_ ? (wide ? *wide : 0) : (narrow ? *narrow : 0);
  const u64 bits = (u64{1} << (hash % word_bits)) | (u64{1} << ((hash >> bloom_shift_) % word_bits));
  if ((filter & bits) != bits) {
    return found;
  }
  const u64 buckets = bloom_words_ * (word_bits / 8);
  const u64 chains = buckets + u64{bucket_count_} * 4;
  const auto first = hash_.read<u32>(buckets + u64{hash % bucket_count_} * 4);
  if (!first || *first < first_hashed_) {
    return found;
  }
  for (u32 index = *first; index < count_; ++index) {
    const auto link = hash_.read<u32>(chains + u64{index - first_hashed_} * 4);
    if (!link) {
      break;
    }
    if ((*link | 1) == (hash | 1)) {
      const TableSymbol symbol = at(index);
      const auto text = strings_.slice(symbol.name_offset, name.size() + 1);
      if (text && text->chars().starts_with(name) && text->chars().back() == '\0') {
        found.push_back(symbol);
      }
    }
    if ((*link & 1) != 0) {
      break;
    }
  }
  return found;
}

u32 SymbolTable::count_by_hash() const {
  const u64 buckets = u64{bloom_words_} * (is_64_ ? 8 : 4);
  const u64 chains = buckets + u64{bucket_count_} * 4;
  u32 last = 0;
  for (u32 i = 0; i < bucket_count_; ++i) {
    const auto bucket = hash_.read<u32>(buckets + u64{i} * 4);
    last = std::max(last, bucket ? *bucket : 0);
  }
  if (last < first_hashed_) {
    return first_hashed_;
  }
  for (;; ++last) {
    const auto link = hash_.read<u32>(chains + u64{last - first_hashed_} * 4);
    if (!link || (*link & 1) != 0) {
      return last + 1;
    }
  }
}

std::vector<TableSymbol> SymbolTable::at_names(const std::vector<u32>& name_offsets) const {
  std::vector<TableSymbol> found;
  if (name_offsets.empty()) {
    return found;
  }
  // Numbers are compared, not names: names are all over the string table, the numbers are in a row.
  const u64 entry = is_64_ ? wide_entry : narrow_entry;
  const bool swap = entries_.order() != std::endian::native;
  constexpr u64 prefetch_bytes = 4096;  // measured
  map_at_once(entries_.span());
  const std::byte* at_entry = entries_.data();
  for (u32 i = 0; i < count_; ++i, at_entry += entry) {
    u32 offset = 0;
    std::memcpy(&offset, at_entry, sizeof offset);
    __builtin_prefetch(at_entry + prefetch_bytes);
    offset = swap ? __builtin_bswap32(offset) : offset;
    if (name_offsets.size() == 1 ? offset == name_offsets[0]
                                 : std::ranges::binary_search(name_offsets, offset)) {
      found.push_back(at(i));
    }
  }
  return found;
}

std::vector<TableSymbol> SymbolTable::find(std::string_view name) const {
  if (name.empty() || name.contains('\0')) {
    return {};
  }
  if (is_hashed()) {
    return find_hashed(name);
  }
  map_at_once(strings_.span());
  return at_names(find_terminated(strings_.chars().substr(0, ~u32{0}), name));
}

std::vector<TableSymbol> SymbolTable::find_prefix(std::string_view prefix) const {
  return prefix.empty() ? std::vector<TableSymbol>() : at_names(occurrences(strings_, prefix));
}

std::vector<TableSymbol> SymbolTable::find_containing(std::string_view prefix, std::string_view part) const {
  std::vector<TableSymbol> found;
  const std::vector<u32> parts = occurrences(strings_, part);
  for (u32 i = 0; i < count_ && !parts.empty(); ++i) {
    const TableSymbol symbol = at(i);
    const auto next = std::ranges::lower_bound(parts, symbol.name_offset);
    if (next == parts.end() || *next - symbol.name_offset > most_name_bytes) {
      continue;
    }
    // The name goes on until there when no NUL lies between.
    const auto name = strings_.slice(symbol.name_offset, *next - symbol.name_offset);
    if (name && name->chars().starts_with(prefix) && !name->chars().contains('\0')) {
      found.push_back(symbol);
    }
  }
  return found;
}

}  // namespace skep::elf

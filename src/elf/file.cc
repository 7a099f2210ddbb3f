#include "elf/file.h"

#include <algorithm>

namespace skep::elf {

namespace {

constexpr u64 header_bytes = 64;          // Elf64_Ehdr
constexpr u64 section_header_bytes = 64;  // Elf64_Shdr
constexpr u64 symbol_bytes = 24;          // Elf64_Sym
constexpr u64 rel_bytes = 16;             // Elf64_Rel
constexpr u64 rela_bytes = 24;            // Elf64_Rela

/// Byte order out of e_ident, the only part of the file that can be read before the order is known.
Result<std::endian> read_ident(std::span<const std::byte> bytes) {
  const ByteView raw(bytes, std::endian::native);
  if (raw.empty()) {
    return fail(Errc::truncated, "not an ELF file: it is empty");
  }
  const std::string_view chars = raw.chars();
  constexpr std::string_view magic = "\177ELF";
  if (chars.substr(0, magic.size()) != magic.substr(0, chars.size())) {
    return fail(Errc::malformed, cat("not an ELF file: want the bytes 7f 45 4c 46 at offset 0, have 0x",
                                     hex(static_cast<u8>(chars[0])).substr(2), " first"));
  }
  SKEP_TRY_IN("ELF identification", const auto ident, raw.record<EI_NIDENT>(0));
  if (const u8 width = ident.at<EI_CLASS, u8>(); width != ELFCLASS64) {
    return fail(Errc::malformed, width == ELFCLASS32
                                     ? std::string("a 32-bit ELF file; BPF objects are 64-bit")
                                     : cat("ELF class: want 2 (64-bit) at offset 4, have ", width));
  }
  if (const u8 version = ident.at<EI_VERSION, u8>(); version != EV_CURRENT) {
    return fail(Errc::malformed, cat("ELF version: want 1 at offset 6, have ", version));
  }
  switch (const u8 encoding = ident.at<EI_DATA, u8>(); encoding) {
    case ELFDATA2LSB: return std::endian::little;
    case ELFDATA2MSB: return std::endian::big;
    default:
      return fail(
          Errc::malformed,
          cat("ELF byte order: want 1 (little endian) or 2 (big endian) at offset 5, have ", encoding));
  }
}

struct SectionTable {
  ByteView headers;
  u32 count = 0;
  u32 names = 0;  // index of the section with the section names
};

Result<SectionTable> find_section_table(ByteView file, const Record<header_bytes>& header) {
  SectionTable table;
  const u64 offset = header.at<40, u64>();
  if (offset == 0) {
    return table;
  }
  const u16 entry_bytes = header.at<58, u16>();
  table.count = header.at<60, u16>();
  table.names = header.at<62, u16>();
  if (table.count == 0 || table.names == SHN_XINDEX) {
    return fail(Errc::unsupported,
                "ELF header: extended section numbering (more than 65279 sections) is not supported");
  }
  if (entry_bytes != section_header_bytes) {
    return fail(Errc::malformed, cat("ELF header: want section headers of 64 bytes, have ", entry_bytes));
  }
  SKEP_TRY_IN(cat("section header table of ", table.count, " entries"), table.headers,
              file.slice(offset, u64{table.count} * section_header_bytes));
  if (table.names >= table.count) {
    return fail(Errc::malformed, cat("ELF header: the section names are in section ", table.names,
                                     ", but there are only ", table.count));
  }
  return table;
}

/// Everything of a section but its name.
Result<Section> read_section(ByteView file, ByteView headers, u32 index) {
  SKEP_TRY(const auto raw, headers.record<section_header_bytes>(u64{index} * section_header_bytes));
  Section section{.name = {},
                  .type = raw.at<4, u32>(),
                  .flags = raw.at<8, u64>(),
                  .size = raw.at<32, u64>(),
                  .link = raw.at<40, u32>(),
                  .info = raw.at<44, u32>(),
                  .entry_bytes = raw.at<56, u64>(),
                  .bytes = ByteView({}, file.order()),
                  .alignment = raw.at<48, u64>()};
  if (section.type != SHT_NOBITS && section.type != SHT_NULL) {
    SKEP_TRY(section.bytes, file.slice(raw.at<24, u64>(), section.size));
  }
  return section;
}

}  // namespace

Result<File> File::parse(std::span<const std::byte> bytes) {
  File file;
  SKEP_TRY(file.order_, read_ident(bytes));
  SKEP_CHECK(file.read_sections(ByteView(bytes, file.order_)));
  SKEP_CHECK(file.read_symbols());
  return file;
}

Result<void> File::read_sections(ByteView file) {
  SKEP_TRY_IN("ELF header", const auto header, file.record<header_bytes>(0));
  type_ = header.at<16, u16>();
  machine_ = header.at<18, u16>();
  flags_ = header.at<48, u32>();
  if (const u32 version = header.at<20, u32>(); version != EV_CURRENT) {
    return fail(Errc::malformed, cat("ELF header: want version 1 at offset 20, have ", version));
  }
  if (const u16 size = header.at<52, u16>(); size != header_bytes) {
    return fail(Errc::malformed, cat("ELF header: want a header of 64 bytes, it says ", size));
  }
  SKEP_TRY(const SectionTable table, find_section_table(file, header));
  sections_.reserve(table.count);
  for (u32 i = 0; i < table.count; ++i) {
    SKEP_TRY_IN(cat("section ", i), Section section, read_section(file, table.headers, i));
    sections_.push_back(section);
  }
  if (sections_.empty()) {
    return {};
  }
  const ByteView names = sections_[table.names].bytes;
  for (u32 i = 0; i < table.count; ++i) {
    SKEP_TRY_IN(cat("section ", i), const u32 name, table.headers.read<u32>(u64{i} * section_header_bytes));
    if (name == 0 && names.empty()) {
      continue;  // a file without section names
    }
    SKEP_TRY_IN(cat("name of section ", i), sections_[i].name, names.c_string(name));
  }
  return {};
}

Result<void> File::read_symbols() {
  for (u32 i = 1; i < sections_.size(); ++i) {
    if (sections_[i].type == SHT_SYMTAB) {
      symbol_table_ = symbol_table_ == 0 ? i : symbol_table_;
      ++symbol_table_count_;
    }
  }
  if (symbol_table_ != 0) {
    SKEP_TRY_IN(cat("symbol table (section ", symbol_table_, ")"), symbols_,
                symbols_of(sections_[symbol_table_]));
  }
  return {};
}

const Section* File::find_section(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &Section::name);
  return found == sections_.end() ? nullptr : &*found;
}

Result<std::vector<Symbol>> File::symbols_of(const Section& table) const {
  if (table.entry_bytes != symbol_bytes || table.bytes.size() % symbol_bytes != 0) {
    return fail(Errc::malformed, cat("want whole symbols of 24 bytes, have ", table.bytes.size(),
                                     " bytes in entries of ", table.entry_bytes));
  }
  if (table.link >= sections_.size()) {
    return fail(Errc::malformed,
                cat("its names are in section ", table.link, ", but there are only ", sections_.size()));
  }
  const ByteView names = sections_[table.link].bytes;
  const u64 count = table.bytes.size() / symbol_bytes;
  std::vector<Symbol> symbols;
  symbols.reserve(count);
  for (u64 i = 0; i < count; ++i) {
    SKEP_TRY_IN(cat("symbol ", i), const auto raw, table.bytes.record<symbol_bytes>(i * symbol_bytes));
    const u8 info = raw.at<4, u8>();
    Symbol symbol{.name = {},
                  .value = raw.at<8, u64>(),
                  .size = raw.at<16, u64>(),
                  .bind = static_cast<u8>(info >> 4),
                  .type = static_cast<u8>(info & 0xf),
                  .visibility = static_cast<u8>(raw.at<5, u8>() & 3),
                  .section = raw.at<6, u16>()};
    if (symbol.section < SHN_LORESERVE && symbol.section >= sections_.size()) {
      return fail(Errc::malformed, cat("symbol ", i, ": in section ", symbol.section, ", but there are only ",
                                       sections_.size()));
    }
    if (const u32 name = raw.at<0, u32>(); name != 0) {
      SKEP_TRY_IN(cat("name of symbol ", i), symbol.name, names.c_string(name));
    }
    symbols.push_back(symbol);
  }
  return symbols;
}

Result<std::vector<Relocation>> File::relocations(const Section& rel_section) const {
  if (rel_section.type != SHT_REL && rel_section.type != SHT_RELA) {
    return fail(Errc::invalid,
                cat("section '", rel_section.name, "' of type ", rel_section.type, " holds no relocations"));
  }
  const bool with_addend = rel_section.type == SHT_RELA;
  const u64 entry_bytes = with_addend ? rela_bytes : rel_bytes;
  const ByteView table = rel_section.bytes;
  if (rel_section.entry_bytes != entry_bytes || table.size() % entry_bytes != 0) {
    return fail(Errc::malformed,
                cat("section '", rel_section.name, "': want whole relocations of ", entry_bytes,
                    " bytes, have ", table.size(), " bytes in entries of ", rel_section.entry_bytes));
  }
  if (!has_symbols() || rel_section.link != symbol_table_) {
    return fail(Errc::malformed,
                cat("section '", rel_section.name, "': its relocations name symbols of section ",
                    rel_section.link, ", which is not the symbol table"));
  }
  std::vector<Relocation> relocations;
  relocations.reserve(table.size() / entry_bytes);
  for (u64 offset = 0; offset < table.size(); offset += entry_bytes) {
    SKEP_TRY(const auto raw, table.record<rel_bytes>(offset));
    const u64 info = raw.at<8, u64>();
    Relocation relocation{
        .offset = raw.at<0, u64>(), .type = static_cast<u32>(info), .symbol = static_cast<u32>(info >> 32)};
    if (relocation.symbol >= symbols_.size()) {
      return fail(Errc::malformed,
                  cat("section '", rel_section.name, "': relocation ", relocations.size(), " names symbol ",
                      relocation.symbol, ", but there are only ", symbols_.size()));
    }
    if (with_addend) {
      SKEP_TRY(relocation.addend, table.read<s64>(offset + rel_bytes));
    }
    relocations.push_back(relocation);
  }
  return relocations;
}

}  // namespace skep::elf

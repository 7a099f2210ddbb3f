#include "elf/writer.h"

#include <algorithm>

namespace skep::elf {

namespace {

/// Bytes that grow, written in the file's order.
class Sink {
 public:
  explicit Sink(std::endian order) : order_(order) {}

  template <std::integral T>
  void put(T value) {
    const T ordered = from_order(value, order_);
    append(bytes_of(ordered));
  }
  void append(std::span<const std::byte> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  void align(u64 alignment) {
    while (alignment > 1 && bytes_.size() % alignment != 0) {
      bytes_.push_back(std::byte{0});
    }
  }
  u64 size() const { return bytes_.size(); }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  std::endian order_;
  std::vector<std::byte> bytes_;
};

/// A string table under construction: offset 0 is the empty name.
class Names {
 public:
  u32 add(std::string_view name) {
    if (name.empty()) {
      return 0;
    }
    const u32 offset = static_cast<u32>(text_.size());
    text_.append(name).push_back('\0');
    return offset;
  }
  std::vector<std::byte> bytes() const {
    const auto raw = std::as_bytes(std::span(text_));
    return {raw.begin(), raw.end()};
  }

 private:
  std::string text_ = std::string(1, '\0');
};

void put_header(Sink& sink, u16 type, u16 machine, std::endian order, u64 table_offset, u16 count) {
  const std::array<u8, EI_NIDENT> ident{
      0x7f,      'E', 'L', 'F', ELFCLASS64, order == std::endian::little ? u8{ELFDATA2LSB} : u8{ELFDATA2MSB},
      EV_CURRENT};
  sink.append(std::as_bytes(std::span(ident)));
  sink.put(type);
  sink.put(machine);
  sink.put(u32{EV_CURRENT});
  sink.put(u64{0});  // entry point
  sink.put(u64{0});  // program headers: none
  sink.put(table_offset);
  sink.put(u32{0});   // processor flags
  sink.put(u16{64});  // size of this header
  sink.put(u16{0});
  sink.put(u16{0});
  sink.put(u16{64});  // size of a section header
  sink.put(count);
  sink.put(static_cast<u16>(count - 1));  // the section names come last
}

void put_section_header(Sink& sink, const NewSection& section, u32 name, u64 offset) {
  sink.put(name);
  sink.put(section.type);
  sink.put(section.flags);
  sink.put(u64{0});  // address
  sink.put(offset);
  sink.put(section.type == SHT_NOBITS ? section.size : u64{section.bytes.size()});
  sink.put(section.link);
  sink.put(section.info);
  sink.put(section.alignment);
  sink.put(section.entry_bytes);
}

void put_symbol(Sink& sink, const NewSymbol& symbol, u32 name) {
  sink.put(name);
  sink.put(static_cast<u8>((symbol.bind << 4) | (symbol.type & 0xf)));
  sink.put(symbol.visibility);
  sink.put(symbol.section);
  sink.put(symbol.value);
  sink.put(symbol.size);
}

/// The header, the sections' bytes and their headers; the last section holds the section names.
std::vector<std::byte> lay_out(std::endian order, u16 type, u16 machine, std::vector<NewSection> sections) {
  Names names;
  std::vector<u32> name_offsets;
  sections.push_back({.name = ".shstrtab", .type = SHT_STRTAB});
  for (const NewSection& section : sections) {
    name_offsets.push_back(names.add(section.name));
  }
  sections.back().bytes = names.bytes();

  Sink contents(order);
  std::vector<u64> offsets;
  constexpr u64 header_bytes =
      64;  // all alignments divide it or are met below, relative to the start of the file
  contents.append(std::vector<std::byte>(header_bytes));
  for (const NewSection& section : sections) {
    contents.align(section.alignment);
    offsets.push_back(contents.size());
    contents.append(section.bytes);
  }
  contents.align(8);
  const u64 table_offset = contents.size();
  put_section_header(contents, {.name = {}, .type = SHT_NULL, .alignment = 0}, 0, 0);
  for (std::size_t i = 0; i < sections.size(); ++i) {
    put_section_header(contents, sections[i], name_offsets[i], offsets[i]);
  }

  Sink header(order);
  put_header(header, type, machine, order, table_offset, static_cast<u16>(sections.size() + 1));
  std::vector<std::byte> file = contents.take();
  const std::vector<std::byte> head = header.take();
  std::ranges::copy(head, file.begin());
  return file;
}

}  // namespace

Writer::Writer(std::endian order, u16 machine, u16 type) : order_(order), machine_(machine), type_(type) {}

u32 Writer::add_section(NewSection section) {
  sections_.push_back(std::move(section));
  SKEP_ASSERT(sections_.size() < SHN_LORESERVE / 2);  // leaves room for the relocation sections
  return static_cast<u32>(sections_.size());
}

u32 Writer::add_symbol(NewSymbol symbol) {
  symbols_.push_back(std::move(symbol));
  return static_cast<u32>(symbols_.size());
}

void Writer::add_relocation(u32 section, u64 offset, u32 type, u32 symbol) {
  SKEP_ASSERT(section != 0 && section <= sections_.size() && symbol <= symbols_.size());
  relocations_.push_back({section, {.offset = offset, .type = type, .symbol = symbol}});
}

std::vector<std::byte> Writer::build() const {
  std::vector<NewSection> sections = sections_;
  if (!with_symbols_) {
    return lay_out(order_, type_, machine_, std::move(sections));
  }
  std::vector<u32> file_order;  // numbers of symbols as the file has them: locals first
  for (const bool local : {true, false}) {
    for (u32 i = 0; i < symbols_.size(); ++i) {
      if ((symbols_[i].bind == STB_LOCAL) == local) {
        file_order.push_back(i);
      }
    }
  }
  Names names;
  Sink table(order_);
  put_symbol(table, {}, 0);
  std::vector<u32> index_of(symbols_.size() + 1);
  u32 first_global = 1;
  for (const u32 number : file_order) {
    index_of[number + 1] = static_cast<u32>(table.size() / sizeof(Elf64_Sym));
    put_symbol(table, symbols_[number], names.add(symbols_[number].name));
    first_global += symbols_[number].bind == STB_LOCAL ? 1 : 0;
  }
  const u32 symbol_table = static_cast<u32>(sections.size() + 1);
  sections.push_back({.name = ".symtab",
                      .type = SHT_SYMTAB,
                      .bytes = table.take(),
                      .link = symbol_table + 1,
                      .info = first_global,
                      .entry_bytes = sizeof(Elf64_Sym),
                      .alignment = 8});
  sections.push_back({.name = ".strtab", .type = SHT_STRTAB, .bytes = names.bytes()});
  for (u32 target = 1; target <= sections_.size(); ++target) {
    Sink entries(order_);
    for (const Pending& pending : relocations_) {
      if (pending.section == target) {
        entries.put(pending.relocation.offset);
        entries.put((u64{index_of[pending.relocation.symbol]} << 32) | pending.relocation.type);
      }
    }
    if (entries.size() != 0) {
      sections.push_back({.name = cat(".rel", sections_[target - 1].name),
                          .type = SHT_REL,
                          .flags = SHF_INFO_LINK,
                          .bytes = entries.take(),
                          .link = symbol_table,
                          .info = target,
                          .entry_bytes = sizeof(Elf64_Rel),
                          .alignment = 8});
    }
  }
  return lay_out(order_, type_, machine_, std::move(sections));
}

}  // namespace skep::elf

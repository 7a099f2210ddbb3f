#include "host/gopclntab.h"

#include <algorithm>
#include <array>
#include <utility>

namespace skep::host {

namespace {

// The first word of the table. Source: debug/gosym and runtime/symtab.go of Go (names and numbers).
constexpr u32 magic_v12 = 0xfffffffb;
constexpr u32 magic_v116 = 0xfffffffa;
constexpr u32 magic_v118 = 0xfffffff0;
constexpr u32 magic_v120 = 0xfffffff1;
constexpr u64 header_bytes = 8;
constexpr u64 most_name_bytes = 1 << 16;

constexpr std::array<std::string_view, 2> section_names{".gopclntab", ".data.rel.ro.gopclntab"};

bool is_header(ByteView bytes) {
  const auto raw = bytes.record<header_bytes>(0);
  if (!raw) {
    return false;
  }
  const u32 magic = raw->at<0, u32>();
  const bool known = magic == magic_v12 || magic == magic_v116 || magic == magic_v118 || magic == magic_v120;
  const u8 quantum = raw->at<6, u8>();
  const u8 word = raw->at<7, u8>();
  return known && raw->at<4, u16>() == 0 && (quantum == 1 || quantum == 2 || quantum == 4) &&
         (word == 4 || word == 8);
}

/// Without sections: where a header stands at a word's boundary in what is loaded and never written or executed.
Result<ByteView> search(const elf::Image& image) {
  for (const elf::Segment& segment : image.segments()) {
    const auto loaded = image.file().slice(segment.offset, segment.file_bytes);
    if (segment.type != PT_LOAD || (segment.flags & PF_X) != 0 || !loaded) {
      continue;
    }
    for (u64 at = 0; at + header_bytes <= loaded->size(); at += 8) {
      if (loaded->data()[at + 3] == std::byte{0xff} || loaded->data()[at] == std::byte{0xff}) {
        if (const auto rest = loaded->from(at); rest && is_header(*rest)) {
          return *rest;
        }
      }
    }
  }
  return fail(Errc::not_found, "no Go program: it has no .gopclntab");
}

/// In programs that can be loaded anywhere the table's address of the code is filled in by a relocation.
u64 relocated_text(const elf::Image& image, u64 field_address) {
  const elf::ImageSection* const section = image.find_section(".rela.dyn");
  if (section != nullptr && image.is_64()) {
    if (const auto bytes = image.bytes_of(*section)) {
      for (u64 at = 0; bytes->holds(at, 24); at += 24) {
        const auto raw = bytes->record<24>(at);
        if (raw->at<0, u64>() == field_address) {
          return raw->at<16, u64>();
        }
      }
    }
  }
  const elf::ImageSection* const text = image.find_section(".text");
  return text == nullptr ? 0 : text->address;
}

}  // namespace

bool is_go(const elf::Image& image) {
  constexpr std::array<std::string_view, 4> marks{".gopclntab", ".data.rel.ro.gopclntab", ".note.go.buildid",
                                                  ".go.buildinfo"};
  return std::ranges::any_of(marks,
                             [&](std::string_view mark) { return image.find_section(mark) != nullptr; });
}

Result<GoTable> GoTable::read(const elf::Image& image) {
  for (const std::string_view name : section_names) {
    if (const elf::ImageSection* const section = image.find_section(name)) {
      SKEP_TRY_IN(name, const ByteView bytes, image.bytes_of(*section));
      const u64 text_field = section->address + header_bytes + 2 * u64{image.address_bytes()};
      SKEP_TRY_IN(name, GoTable table, parse(bytes, relocated_text(image, text_field)));
      return table;
    }
  }
  if (!image.sections().empty() && !is_go(image)) {
    return fail(Errc::not_found, "no Go program: it has no section .gopclntab");
  }
  SKEP_TRY(const ByteView found, search(image));
  const elf::ImageSection* const text = image.find_section(".text");
  return parse(found, text == nullptr ? 0 : text->address);
}

Result<u64> GoTable::word(ByteView bytes, u64 offset) const {
  if (word_bytes_ == 8) {
    return bytes.read<u64>(offset);
  }
  SKEP_TRY(const u32 narrow, bytes.read<u32>(offset));
  return u64{narrow};
}

Result<GoTable> GoTable::parse(ByteView table, u64 text_address) {
  if (!is_header(table)) {
    const auto magic = table.read<u32>(0);
    return fail(Errc::unsupported, cat("want a table of Go 1.2 or later, which begins with the number "
                                       "0xfffffffb, 0xfffffffa, 0xfffffff0 or 0xfffffff1; have ",
                                       magic ? hex(*magic) : std::string("fewer than 8 bytes")));
  }
  GoTable made;
  const auto header = table.record<header_bytes>(0);
  made.word_bytes_ = header->at<7, u8>();
  switch (header->at<0, u32>()) {
    case magic_v12: made.layout_ = Layout::v12; break;
    case magic_v116: made.layout_ = Layout::v116; break;
    case magic_v118: made.layout_ = Layout::v118; break;
    default: made.layout_ = Layout::v120; break;
  }
  // Behind the header: words, of which the first counts the functions; Go 1.18 put the address of the code third.
  const auto field = [&](u64 index) { return made.word(table, header_bytes + index * made.word_bytes_); };
  SKEP_TRY_IN("header", const u64 count, field(0));
  u64 entry = 2 * u64{made.word_bytes_};
  if (made.layout_ == Layout::v12) {
    made.names_ = table;
    SKEP_TRY_IN("header", made.functions_, table.from(header_bytes + made.word_bytes_));
  } else {
    const bool newer = made.layout_ != Layout::v116;
    SKEP_TRY_IN("header", const u64 names, field(newer ? 3 : 2));
    SKEP_TRY_IN("header", const u64 functions, field(newer ? 7 : 6));
    SKEP_TRY_IN("names", made.names_, table.from(names));
    SKEP_TRY_IN("functions", made.functions_, table.from(functions));
    if (newer) {
      SKEP_TRY_IN("header", made.text_, field(2));
      made.text_ = made.text_ == 0 ? text_address : made.text_;
      entry = 8;
    }
  }
  if (count > made.functions_.size() / entry || count > 0xffffffff) {
    return fail(Errc::malformed,
                cat("want ", count, " functions, have room for ", made.functions_.size() / entry));
  }
  made.count_ = static_cast<u32>(count);
  return made;
}

Result<u64> GoTable::address_of(u32 index) const {
  if (layout_ == Layout::v118 || layout_ == Layout::v120) {
    SKEP_TRY(const u32 offset, functions_.read<u32>(u64{index} * 8));
    return text_ + offset;
  }
  return word(functions_, u64{index} * 2 * word_bytes_);
}

Result<u32> GoTable::name_of(u32 index) const {
  const bool newer = layout_ == Layout::v118 || layout_ == Layout::v120;
  u64 record = 0;
  if (newer) {
    SKEP_TRY(record, functions_.read<u32>(u64{index} * 8 + 4));
  } else {
    SKEP_TRY(record, word(functions_, (2 * u64{index} + 1) * word_bytes_));
  }
  SKEP_TRY(const ByteView rest, (layout_ == Layout::v12 ? names_ : functions_).from(record));
  return rest.read<u32>(newer ? 4 : word_bytes_);  // behind the function's address
}

Result<GoFunction> GoTable::at(u32 index) const {
  SKEP_ASSERT(index < count_);
  GoFunction function;
  SKEP_TRY(function.address, address_of(index));
  SKEP_TRY(const u64 next, address_of(index + 1));  // behind the last stands where the code ends
  function.size = next > function.address ? next - function.address : 0;
  SKEP_TRY(const u32 name, name_of(index));
  SKEP_TRY(const ByteView text, names_.from(name));
  const std::string_view chars = text.chars().substr(0, most_name_bytes);
  const std::size_t end = chars.find('\0');
  if (end == std::string_view::npos) {
    return fail(Errc::malformed, cat("function ", index, ": its name does not end"));
  }
  function.name = chars.substr(0, end);
  return function;
}

std::vector<GoFunction> GoTable::find(std::string_view name) const {
  std::vector<GoFunction> found;
  for (u32 i = 0; i < count_; ++i) {
    // What stands at the name's place is compared: that is bounded, and measuring every name would not be.
    const auto offset = name_of(i);
    const auto text = names_.slice(offset ? *offset : names_.size(), name.size() + 1);
    if (text && text->chars().starts_with(name) && text->chars().back() == '\0') {
      if (const auto function = at(i)) {
        found.push_back(*function);
      }
    }
  }
  return found;
}

std::string_view GoTable::version() const {
  switch (layout_) {
    case Layout::v12: return "Go before 1.16";
    case Layout::v116: return "Go 1.16 or 1.17";
    case Layout::v118: return "Go 1.18 or 1.19";
    case Layout::v120: return "Go 1.20 or later";
  }
  std::unreachable();
}

}  // namespace skep::host

#include "host/gopclntab.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "host/go_text.h"
#include "host/loaded_parts.h"

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

/// The bytes of a table, to the end of what is loaded with it, and where they are loaded.
struct TablePlace {
  ByteView bytes;
  u64 address = 0;
};

/// Without sections: all places where the first word of a table stands. `fits` says whether it is one.
template <class Fits>
Result<TablePlace> search(const elf::Image& image, const Fits& fits) {
  constexpr u64 alignment = 8;
  for (const LoadedPart& part : loaded_parts(image)) {
    for (u64 at = part.first_aligned(alignment); part.bytes.holds(at, header_bytes); at += alignment) {
      const std::byte* const here = part.bytes.data() + at;
      if (here[0] != std::byte{0xff} && here[3] != std::byte{0xff}) {
        continue;
      }
      const auto rest = part.bytes.from(at);
      if (rest && is_header(*rest) && fits(*rest)) {
        return TablePlace{.bytes = *rest, .address = part.address + at};
      }
    }
  }
  return fail(Errc::not_found,
              "no Go program: the file has no section headers, and nothing of what it loads is a function "
              "table of Go");
}

/// What the command `go version -m` reads. Source: debug/buildinfo of Go.
bool has_build_information(const elf::Image& image) {
  constexpr std::string_view mark = "\xff Go buildinf:";
  constexpr u64 alignment = 16;
  for (const LoadedPart& part : loaded_parts(image)) {
    const std::string_view chars = part.bytes.chars();
    for (u64 at = part.first_aligned(alignment); part.bytes.holds(at, alignment); at += alignment) {
      if (chars[at] == mark[0] && chars.substr(at).starts_with(mark)) {
        const u8 word = static_cast<u8>(chars[at + 14]);
        const u8 flags = static_cast<u8>(chars[at + 15]);
        if ((flags & 2) != 0 || word == 4 || word == 8) {  // texts in place, or behind pointers of this size
          return true;
        }
      }
    }
  }
  return false;
}

}  // namespace

bool is_go(const elf::Image& image) {
  constexpr std::array<std::string_view, 4> marks{".gopclntab", ".data.rel.ro.gopclntab", ".note.go.buildid",
                                                  ".go.buildinfo"};
  if (!image.sections().empty()) {
    return std::ranges::any_of(marks,
                               [&](std::string_view mark) { return image.find_section(mark) != nullptr; });
  }
  const auto table = GoTable::read(image);
  return table || table.error().code() != Errc::not_found || has_build_information(image);
}

Result<GoTable> GoTable::read(const elf::Image& image) {
  std::optional<TablePlace> place;
  for (const std::string_view name : section_names) {
    const elf::ImageSection* const section = image.find_section(name);
    if (section != nullptr && !place) {
      SKEP_TRY_IN(name, const ByteView bytes, image.bytes_of(*section));
      place = TablePlace{.bytes = bytes, .address = section->address};
    }
  }
  if (!place && !image.sections().empty()) {
    return fail(Errc::not_found, "no Go program: it has no section .gopclntab");
  }
  if (!place) {
    const auto fits = [](ByteView bytes) {
      const auto table = parse_layout(bytes);
      const auto first = table && table->size() != 0 ? table->at(0) : Result<GoFunction>(GoFunction{});
      return first && !first->name.empty();
    };
    SKEP_TRY(place, search(image, fits));
  }
  SKEP_TRY_IN(section_names[0], GoTable table, parse_layout(place->bytes));
  if (table.is_relative()) {
    SKEP_TRY_IN(section_names[0], const u32 first, table.functions_.read<u32>(0));
    SKEP_TRY_IN(section_names[0], const u32 end, table.functions_.read<u32>(u64{table.count_} * 8));
    SKEP_TRY_IN(
        section_names[0], table.text_,
        find_go_text(image,
                     {.table_address = place->address, .told = table.text_, .first = first, .end = end}));
  }
  return table;
}

Result<u64> GoTable::word(ByteView bytes, u64 offset) const {
  if (word_bytes_ == 8) {
    return bytes.read<u64>(offset);
  }
  SKEP_TRY(const u32 narrow, bytes.read<u32>(offset));
  return u64{narrow};
}

Result<GoTable> GoTable::parse(ByteView table, u64 text_address) {
  SKEP_TRY(GoTable made, parse_layout(table));
  if (made.is_relative() && made.text_ == 0) {
    if (text_address == 0) {
      return fail(Errc::unsupported, "the table does not tell where the code begins");
    }
    made.text_ = text_address;
  }
  return made;
}

Result<GoTable> GoTable::parse_layout(ByteView table) {
  if (!is_header(table)) {
    const auto magic = table.read<u32>(0);
    return fail(Errc::unsupported, cat("want a table of Go 1.2 or later, which begins with the number "
                                       "0xfffffffb, 0xfffffffa, 0xfffffff0 or 0xfffffff1; have ",
                                       magic ? hex(*magic) : std::string("fewer than 8 bytes")));
  }
  GoTable made;
  SKEP_TRY_IN("header", const u64 count, made.read_header(table));
  const u64 entry = made.is_relative() ? 8 : 2 * u64{made.word_bytes_};
  const u64 room = made.functions_.size() / entry;
  if (count > room || count > 0xffffffff) {
    return fail(Errc::malformed, cat("want ", count, " functions, have room for ", room));
  }
  made.count_ = static_cast<u32>(count);
  if (!made.is_relative() && made.count_ != 0) {
    SKEP_TRY(const u64 first, made.address_of(0));
    if (first == 0) {
      return fail(Errc::unsupported,
                  cat("the addresses in this table (", made.version(),
                      ") are filled in when the program is loaded: it is "
                      "position-independent; name functions by their offsets in the file"));
    }
  }
  return made;
}

/// Answers how many functions there are. Behind the first eight bytes: words, of which the first counts them; Go 1.18 put the address of the code third.
Result<u64> GoTable::read_header(ByteView table) {
  SKEP_TRY(const auto header, table.record<header_bytes>(0));
  word_bytes_ = header.at<7, u8>();
  switch (header.at<0, u32>()) {
    case magic_v12: layout_ = Layout::v12; break;
    case magic_v116: layout_ = Layout::v116; break;
    case magic_v118: layout_ = Layout::v118; break;
    default: layout_ = Layout::v120; break;
  }
  const auto field = [&](u64 index) { return word(table, header_bytes + index * word_bytes_); };
  SKEP_TRY(const u64 count, field(0));
  if (layout_ == Layout::v12) {
    names_ = table;
    SKEP_TRY(functions_, table.from(header_bytes + word_bytes_));
    return count;
  }
  SKEP_TRY(const u64 names, field(is_relative() ? 3 : 2));
  SKEP_TRY(const u64 functions, field(is_relative() ? 7 : 6));
  SKEP_TRY_IN("names", names_, table.from(names));
  SKEP_TRY_IN("functions", functions_, table.from(functions));
  if (is_relative()) {
    SKEP_TRY(text_, field(2));
  }
  return count;
}

Result<u64> GoTable::address_of(u32 index) const {
  if (is_relative()) {
    SKEP_TRY(const u32 offset, functions_.read<u32>(u64{index} * 8));
    return text_ + offset;
  }
  return word(functions_, u64{index} * 2 * word_bytes_);
}

Result<u32> GoTable::name_of(u32 index) const {
  const bool newer = is_relative();
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

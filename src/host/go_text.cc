#include "host/go_text.h"

#include <algorithm>
#include <array>
#include <optional>

#include "elf/symbol_table.h"
#include "host/loaded_parts.h"

namespace skep::host {

namespace {

/// The runtime's description of the program (moduledata) begins with the table's address; within so many words stand the addresses of the first function and of the last one's end, one behind
/// the other. The runtime compares these with the table when the program starts, so they fit. Source: runtime/symtab.go (moduledata, moduledataverify1).
constexpr std::size_t description_words = 40;
/// The same where only pointers are listed, as relocations are.
constexpr std::size_t description_pointers = 24;
/// What follows the last function in .text when the linker put nothing else there: less than one alignment of functions.
constexpr u64 most_padding = 64;
constexpr u64 relocation_bytes = 24;

bool is_code(const elf::Image& image, u64 address, u64 bytes) {
  return std::ranges::any_of(image.segments(), [&](const elf::Segment& segment) {
    return segment.type == PT_LOAD && (segment.flags & PF_X) != 0 && address >= segment.address &&
           address - segment.address <= segment.file_bytes &&
           bytes <= segment.file_bytes - (address - segment.address);
  });
}

std::optional<u64> by_symbol(const elf::Image& image, const GoCode& code) {
  const elf::ImageSection* const section = image.find_section_type(SHT_SYMTAB);
  if (section == nullptr) {
    return std::nullopt;
  }
  const auto table = elf::SymbolTable::of_section(image, *section);
  if (!table) {
    return std::nullopt;  // what is damaged is no worse than what is not there
  }
  for (const elf::TableSymbol& symbol : table->find("runtime.text")) {
    if (symbol.section != SHN_UNDEF && is_code(image, symbol.value, code.end)) {
      return symbol.value;
    }
  }
  return std::nullopt;
}

/// The relocations that the dynamic linker carries out, of 64-bit programs.
ByteView relocations(const elf::Image& image) {
  const elf::ImageSection* const section = image.is_64() ? image.find_section(".rela.dyn") : nullptr;
  const auto bytes =
      section == nullptr ? Result<ByteView>(ByteView({}, image.order())) : image.bytes_of(*section);
  return bytes ? *bytes : ByteView({}, image.order());
}

std::optional<u64> by_relocation(const elf::Image& image, const GoCode& code) {
  const u64 field = code.table_address + 8 + 2 * u64{image.address_bytes()};
  const ByteView all = relocations(image);
  for (u64 at = 0; all.holds(at, relocation_bytes); at += relocation_bytes) {
    const auto raw = all.record<relocation_bytes>(at);
    if (raw->at<0, u64>() == field && raw->at<16, u64>() != 0) {
      return raw->at<16, u64>();
    }
  }
  return std::nullopt;
}

/// `word(i)` is the i-th word behind the table's address, or nothing.
template <class Word>
std::optional<u64> in_description(const elf::Image& image, const GoCode& code, std::size_t words,
                                  const Word& word) {
  std::optional<u64> before;
  for (std::size_t i = 0; i < words; ++i) {
    const std::optional<u64> here = word(i);
    if (!here) {
      return std::nullopt;
    }
    if (before && *here - *before == code.end - code.first && *before >= code.first &&
        is_code(image, *before, code.end - code.first)) {
      return *before - code.first;
    }
    before = here;
  }
  return std::nullopt;
}

std::optional<u64> by_description(const elf::Image& image, const GoCode& code) {
  const u64 word_bytes = image.address_bytes();
  for (const LoadedPart& part : loaded_parts(image)) {
    if ((part.flags & PF_W) == 0) {
      continue;
    }
    const auto word_at = [&](u64 at) -> std::optional<u64> {
      const auto word = image.read_word(part.bytes, at);
      return word ? std::optional(*word) : std::nullopt;
    };
    for (u64 at = part.first_aligned(word_bytes); part.bytes.holds(at, word_bytes); at += word_bytes) {
      if (word_at(at) != code.table_address) {
        continue;
      }
      const auto found = in_description(image, code, description_words,
                                        [&](std::size_t i) { return word_at(at + (i + 1) * word_bytes); });
      if (found) {
        return found;
      }
    }
  }
  return std::nullopt;
}

std::optional<u64> by_relocated_description(const elf::Image& image, const GoCode& code) {
  const ByteView all = relocations(image);
  const auto addend = [&](u64 at) -> std::optional<u64> {
    const auto raw = all.record<relocation_bytes>(at);
    return raw ? std::optional(raw->at<16, u64>()) : std::nullopt;
  };
  for (u64 at = 0; all.holds(at, relocation_bytes); at += relocation_bytes) {
    if (addend(at) != code.table_address) {
      continue;
    }
    const auto found = in_description(image, code, description_pointers,
                                      [&](std::size_t i) { return addend(at + (i + 1) * relocation_bytes); });
    if (found) {
      return found;
    }
  }
  return std::nullopt;
}

/// Programs that C code was linked into have that in .text as well, often in front of Go's.
std::optional<u64> by_section(const elf::Image& image, const GoCode& code) {
  const elf::ImageSection* const text = image.find_section(".text");
  if (text == nullptr || text->address == 0 || text->size < code.end ||
      text->size - code.end >= most_padding) {
    return std::nullopt;
  }
  return text->address;
}

std::optional<u64> by_table(const elf::Image&, const GoCode& code) {
  return code.told == 0 ? std::nullopt : std::optional(code.told);
}

}  // namespace

Result<u64> find_go_text(const elf::Image& image, const GoCode& code) {
  constexpr std::array ways{by_symbol, by_relocation, by_table, by_description, by_relocated_description,
                            by_section};
  for (const auto way : ways) {
    if (const auto found = way(image, code)) {
      return *found;
    }
  }
  const elf::ImageSection* const text = image.find_section(".text");
  return fail(Errc::unsupported, cat("where the code of this Go program begins is not told: its table has no "
                                     "address (as of Go 1.26, and in "
                                     "position-independent programs), there is no symbol runtime.text, and ",
                                     text == nullptr ? std::string("no section .text")
                                                     : cat(".text has ", text->size,
                                                           " bytes, of which Go's functions are ", code.end),
                                     "; name functions by their offsets in the file"));
}

}  // namespace skep::host

#include "elf/image.h"

#include <algorithm>

#include "elf/strings.h"

namespace skep::elf {

namespace {

constexpr u64 most_segments = u64{1} << 16;
constexpr u64 most_sections = u64{1} << 20;

/// Class and byte order, the only parts of the file that can be read before they are known.
struct Ident {
  bool is_64 = true;
  std::endian order = std::endian::little;
};

Result<Ident> read_ident(std::span<const std::byte> bytes) {
  const ByteView raw(bytes, std::endian::native);
  constexpr std::string_view magic = "\177ELF";
  const std::string_view begin = raw.chars().substr(0, magic.size());
  if (begin != magic.substr(0, begin.size()) || begin.empty()) {
    return fail(Errc::malformed, begin.starts_with("#!")
                                     ? "not an ELF file: a script; name the program that runs it"
                                     : "not an ELF file: it does not begin with the bytes 7f 45 4c 46");
  }
  SKEP_TRY_IN("ELF identification", const auto ident, raw.record<EI_NIDENT>(0));
  const u8 width = ident.at<EI_CLASS, u8>();
  const u8 encoding = ident.at<EI_DATA, u8>();
  if (width != ELFCLASS32 && width != ELFCLASS64) {
    return fail(Errc::malformed, cat("ELF class: want 1 (32-bit) or 2 (64-bit) at offset 4, have ", width));
  }
  if (encoding != ELFDATA2LSB && encoding != ELFDATA2MSB) {
    return fail(Errc::malformed,
                cat("ELF byte order: want 1 (little endian) or 2 (big endian) at offset 5, have ", encoding));
  }
  return Ident{.is_64 = width == ELFCLASS64,
               .order = encoding == ELFDATA2LSB ? std::endian::little : std::endian::big};
}

u64 padded(u64 bytes) {
  return (bytes + 3) & ~u64{3};
}

}  // namespace

Result<Image> Image::parse(std::span<const std::byte> bytes) {
  SKEP_TRY(const Ident ident, read_ident(bytes));
  Image image;
  image.is_64_ = ident.is_64;
  image.file_ = ByteView(bytes, ident.order);
  SKEP_CHECK(image.read_header());
  return image;
}

Result<u64> Image::read_word(ByteView bytes, u64 offset) const {
  if (is_64_) {
    return bytes.read<u64>(offset);
  }
  SKEP_TRY(const u32 word, bytes.read<u32>(offset));
  return u64{word};
}

Result<void> Image::read_header() {
  const u64 wide = is_64_ ? 1 : 0;
  SKEP_TRY_IN("ELF header", const ByteView header, file_.slice(0, wide != 0 ? 64 : 52));
  SKEP_TRY(type_, header.read<u16>(16));
  SKEP_TRY(machine_, header.read<u16>(18));
  // After the entry address the two classes differ by the width of three words.
  SKEP_TRY(const u64 segments, read_word(header, wide != 0 ? 32 : 28));
  SKEP_TRY(const u64 sections, read_word(header, wide != 0 ? 40 : 32));
  const u64 counts = wide != 0 ? 54 : 42;
  SKEP_TRY(const u16 segment_bytes, header.read<u16>(counts));
  SKEP_TRY(u64 segment_count, header.read<u16>(counts + 2));
  SKEP_TRY(const u16 section_bytes, header.read<u16>(counts + 4));
  SKEP_TRY(u64 section_count, header.read<u16>(counts + 6));
  SKEP_TRY(u64 names, header.read<u16>(counts + 8));
  if (sections != 0 && (section_count == 0 || segment_count == PN_XNUM || names == SHN_XINDEX)) {
    u32 unused = 0;  // counts that are too large for the header are in the first section
    SKEP_TRY_IN("ELF header", const ImageSection first, read_section(sections, unused));
    section_count = section_count == 0 ? first.size : section_count;
    segment_count = segment_count == PN_XNUM ? first.info : segment_count;
    names = names == SHN_XINDEX ? first.link : names;
  }
  if (segments != 0) {
    SKEP_CHECK_IN("program headers", read_segments(segments, segment_bytes, segment_count));
  }
  if (sections != 0) {
    SKEP_CHECK_IN("section headers", read_sections(sections, section_bytes, section_count, names));
  }
  return {};
}

Result<void> Image::read_segments(u64 offset, u64 entry_bytes, u64 count) {
  const u64 want = is_64_ ? 56 : 32;
  if (count != 0 && (entry_bytes != want || count > most_segments)) {
    return fail(Errc::malformed, cat("want at most ", most_segments, " of ", want, " bytes, have ", count,
                                     " of ", entry_bytes));
  }
  SKEP_TRY(const ByteView table, file_.slice(offset, count * want));
  segments_.reserve(count);
  for (u64 at = 0; at < table.size(); at += want) {
    Segment segment;
    SKEP_TRY(segment.type, table.read<u32>(at));
    SKEP_TRY(segment.flags, table.read<u32>(at + (is_64_ ? 4 : 24)));
    SKEP_TRY(segment.offset, read_word(table, at + (is_64_ ? 8 : 4)));
    SKEP_TRY(segment.address, read_word(table, at + (is_64_ ? 16 : 8)));
    SKEP_TRY(segment.file_bytes, read_word(table, at + (is_64_ ? 32 : 16)));
    SKEP_TRY(segment.memory_bytes, read_word(table, at + (is_64_ ? 40 : 20)));
    segments_.push_back(segment);
    if (segment.type == PT_LOAD && segment.file_bytes != 0) {
      loaded_.push_back(segment);
    }
  }
  std::ranges::stable_sort(loaded_, {}, &Segment::address);
  return {};
}

Result<ImageSection> Image::read_section(u64 offset, u32& name) const {
  SKEP_TRY(const ByteView raw, file_.slice(offset, is_64_ ? 64 : 40));
  const u64 word = address_bytes();
  ImageSection section;
  SKEP_TRY(name, raw.read<u32>(0));
  SKEP_TRY(section.type, raw.read<u32>(4));
  SKEP_TRY(section.flags, read_word(raw, 8));
  SKEP_TRY(section.address, read_word(raw, 8 + word));
  SKEP_TRY(section.offset, read_word(raw, 8 + 2 * word));
  SKEP_TRY(section.size, read_word(raw, 8 + 3 * word));
  SKEP_TRY(section.link, raw.read<u32>(8 + 4 * word));
  SKEP_TRY(section.info, raw.read<u32>(12 + 4 * word));
  SKEP_TRY(section.entry_bytes, read_word(raw, 16 + 5 * word));
  return section;
}

Result<void> Image::read_sections(u64 offset, u64 entry_bytes, u64 count, u64 names) {
  const u64 want = is_64_ ? 64 : 40;
  if (count != 0 && (entry_bytes != want || count > most_sections)) {
    return fail(Errc::malformed, cat("want at most ", most_sections, " of ", want, " bytes, have ", count,
                                     " of ", entry_bytes));
  }
  SKEP_CHECK(file_.slice(offset, count * want));
  std::vector<u32> name_offsets(count);
  sections_.reserve(count);
  for (u64 i = 0; i < count; ++i) {
    SKEP_TRY(const ImageSection section, read_section(offset + i * want, name_offsets[i]));
    sections_.push_back(section);
  }
  if (names >= count) {
    return {};  // nameless sections still have types
  }
  SKEP_TRY_IN("section names", const ByteView strings, bytes_of(sections_[names]));
  u64 budget = 16 * strings.size() + want * count;  // names may share their ends, not the whole table
  for (u64 i = 0; i < count; ++i) {
    const u64 most = std::min({budget, most_name_bytes, u64{strings.size()}});
    const auto name = short_string(strings, name_offsets[i], most);
    sections_[i].name = name.value_or(std::string_view());
    budget -= name ? name->size() : most;
  }
  return {};
}

const ImageSection* Image::find_section(std::string_view name) const {
  const auto found = std::ranges::find(sections_, name, &ImageSection::name);
  return found == sections_.end() ? nullptr : &*found;
}

const ImageSection* Image::find_section_type(u32 type) const {
  const auto found = std::ranges::find(sections_, type, &ImageSection::type);
  return found == sections_.end() ? nullptr : &*found;
}

Result<ByteView> Image::bytes_of(const ImageSection& section) const {
  if (section.type == SHT_NOBITS) {
    return ByteView({}, order());
  }
  if ((section.flags & SHF_COMPRESSED) != 0) {
    return fail(Errc::unsupported, cat("section ", section.name, " is compressed"));
  }
  return file_.slice(section.offset, section.size);
}

const Segment* Image::find_loaded(u64 address) const {
  const auto behind = std::ranges::upper_bound(loaded_, address, {}, &Segment::address);
  if (behind == loaded_.begin()) {
    return nullptr;
  }
  const Segment& segment = *std::prev(behind);
  return address - segment.address < segment.file_bytes ? &segment : nullptr;
}

std::optional<u64> Image::file_offset(u64 address) const {
  const Segment* const segment = find_loaded(address);
  return segment == nullptr ? std::nullopt : std::optional(segment->offset + (address - segment->address));
}

Result<ByteView> Image::bytes_from(u64 address) const {
  const Segment* const segment = find_loaded(address);
  if (segment == nullptr) {
    return fail(Errc::not_found, cat("no segment of the file is loaded at ", hex(address)));
  }
  SKEP_TRY(const ByteView loaded, file_.slice(segment->offset, segment->file_bytes));
  return loaded.from(address - segment->address);
}

Notes read_notes(ByteView bytes) {
  constexpr u64 header_bytes = 12;
  Notes read;
  u64 at = 0;
  while (bytes.holds(at, header_bytes)) {
    const auto header = bytes.record<header_bytes>(at);
    const u64 name_bytes = header->at<0, u32>();
    const u64 description_bytes = header->at<4, u32>();
    const auto name = bytes.slice(at + header_bytes, name_bytes);
    const auto description = bytes.slice(at + header_bytes + padded(name_bytes), description_bytes);
    if (!name || !description) {
      break;
    }
    const std::string_view chars = name->chars();
    read.notes.push_back({.type = header->at<8, u32>(),
                          .name = chars.substr(0, chars.find('\0')),
                          .description = *description});
    at += header_bytes + padded(name_bytes) + padded(description_bytes);
  }
  read.complete = at >= bytes.size();
  return read;
}

std::span<const std::byte> build_id(const Image& image) {
  const ImageSection* const section = image.find_section(".note.gnu.build-id");
  std::vector<ByteView> places;
  if (section != nullptr) {
    if (const auto bytes = image.bytes_of(*section)) {
      places.push_back(*bytes);
    }
  }
  for (const Segment& segment : image.segments()) {
    const auto bytes = image.file().slice(segment.offset, segment.file_bytes);
    if (places.empty() && segment.type == PT_NOTE && bytes) {
      places.push_back(*bytes);
    }
  }
  for (const ByteView place : places) {
    for (const Note& note : read_notes(place).notes) {
      if (note.type == NT_GNU_BUILD_ID && note.name == "GNU") {
        return note.description.span();
      }
    }
  }
  return {};
}

}  // namespace skep::elf

// ELF files as the kernel and the dynamic loader see them: executables, shared libraries and their debug files, of 32 or 64 bits and of either byte order.
// Made for finding functions in programs that may be large: headers are checked once, and tables are read only where somebody looks. elf/file.h is for the
// relocatable objects that are loaded.
#pragma once

#include <elf.h>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace skep::elf {

/// One program header.
struct Segment {
  u32 type = 0;  ///< PT_*
  u32 flags = 0;
  u64 offset = 0;  ///< in the file
  u64 address = 0;
  u64 file_bytes = 0;
  u64 memory_bytes = 0;
};

/// One section header. Its name is empty where it lies outside of the table of names or has more than 8 KiB. What it says of the file is checked when its bytes are asked for.
struct ImageSection {
  std::string_view name;
  u32 type = 0;  ///< SHT_*
  u64 flags = 0;
  u64 address = 0;
  u64 offset = 0;
  u64 size = 0;
  u32 link = 0;
  u32 info = 0;
  u64 entry_bytes = 0;
};

/// A parsed file. Borrows the bytes, which must outlive it. Immutable: may be shared by threads.
class Image {
 public:
  /// Checks the headers. Errors: truncated, malformed (not ELF, a contradiction).
  static Result<Image> parse(std::span<const std::byte> bytes);

  bool is_64() const { return is_64_; }
  std::endian order() const { return file_.order(); }
  u16 machine() const { return machine_; }  ///< EM_*
  u16 type() const { return type_; }        ///< ET_*
  u32 address_bytes() const { return is_64_ ? 8 : 4; }
  ByteView file() const { return file_; }
  std::span<const Segment> segments() const { return segments_; }
  std::span<const ImageSection> sections() const { return sections_; }

  /// The first section of this name or type, or null.
  const ImageSection* find_section(std::string_view name) const;
  const ImageSection* find_section_type(u32 type) const;
  /// Empty for SHT_NOBITS (in debug files most sections are). Errors: truncated, unsupported (a compressed section).
  Result<ByteView> bytes_of(const ImageSection& section) const;

  /// Where in the file the byte lies that is at `address` in memory; nothing where no loaded segment has it. Of segments that overlap, the one that begins last has it. Takes the logarithm of the
  /// number of segments.
  std::optional<u64> file_offset(u64 address) const;
  /// From `address` to the end of what its segment has in the file. Errors: not_found, truncated.
  Result<ByteView> bytes_from(u64 address) const;
  /// An address or another number of the file's own width. Errors: truncated.
  Result<u64> read_word(ByteView bytes, u64 offset) const;

 private:
  Result<void> read_header();
  Result<void> read_segments(u64 offset, u64 entry_bytes, u64 count);
  Result<void> read_sections(u64 offset, u64 entry_bytes, u64 count, u64 names);
  Result<ImageSection> read_section(u64 offset, u32& name) const;
  const Segment* find_loaded(u64 address) const;

  ByteView file_;
  bool is_64_ = true;
  u16 machine_ = 0;
  u16 type_ = 0;
  std::vector<Segment> segments_;
  std::vector<Segment> loaded_;  // those that have something of the file in memory, by address
  std::vector<ImageSection> sections_;
};

/// The build id in the notes of this file; empty where there is none.
std::span<const std::byte> build_id(const Image& image);

/// One note of a note section or segment.
struct Note {
  u32 type = 0;
  std::string_view name;  ///< without its NUL
  ByteView description;
};

/// The notes among `bytes`, up to the first that is cut off (`complete` tells whether there was one).
struct Notes {
  std::vector<Note> notes;
  bool complete = true;
};
Notes read_notes(ByteView bytes);

}  // namespace skep::elf

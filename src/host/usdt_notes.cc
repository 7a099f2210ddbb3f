#include "host/usdt_notes.h"

namespace skep::host {

namespace {

constexpr u32 stapsdt_type = 3;
constexpr std::string_view stapsdt_name = "stapsdt";

/// The three addresses of a note, as it has them.
struct Addresses {
  u64 probe = 0;
  u64 base = 0;  // where .stapsdt.base was when the program was linked
  u64 semaphore = 0;
};

Result<void> parse_note(const elf::Image& image, ByteView description, Addresses& addresses, UsdtNote& note) {
  const u64 word = image.address_bytes();
  SKEP_TRY(addresses.probe, image.read_word(description, 0));
  SKEP_TRY(addresses.base, image.read_word(description, word));
  SKEP_TRY(addresses.semaphore, image.read_word(description, 2 * word));
  u64 at = 3 * word;
  for (std::string* const text : {&note.provider, &note.name, &note.arguments}) {
    SKEP_TRY(const std::string_view have, description.c_string(at));
    *text = have;
    at += have.size() + 1;
  }
  return {};
}

/// Where in the file the note's place and its semaphore are. Errors: malformed (an address that is not in the file).
Result<void> place_note(const Executable& file, const Addresses& addresses, u64 moved, UsdtNote& note) {
  note.address = addresses.probe + moved;
  const std::optional<u64> offset = file.file_offset(note.address);
  if (!offset) {
    return fail(Errc::malformed, cat("its address ", hex(note.address), " is not in the file"));
  }
  note.offset = *offset;
  if (addresses.semaphore == 0) {
    return {};
  }
  note.semaphore = addresses.semaphore + moved;
  const std::optional<u64> counter = file.file_offset(note.semaphore);
  if (!counter) {
    return fail(Errc::malformed, cat("its semaphore's address ", hex(note.semaphore), " is not in the file"));
  }
  note.semaphore_offset = *counter;
  return {};
}

/// One note that is whole. What is wrong with it is told in it.
UsdtNote read_note(const Executable& file, const elf::ImageSection* base, ByteView description) {
  UsdtNote note;
  Addresses addresses;
  auto read = parse_note(file.image(), description, addresses, note);
  if (read) {
    // prelink(8) moves a library without knowing these notes; the section of one byte that it does move tells by how much.
    const u64 moved = base != nullptr && addresses.base != 0 ? base->address - addresses.base : 0;
    read = place_note(file, addresses, moved, note);
  }
  if (!read) {
    note.problem = read.error().message();
  }
  return note;
}

}  // namespace

Result<std::vector<UsdtNote>> read_usdt_notes(const Executable& file) {
  const elf::Image& image = file.image();
  const elf::ImageSection* const section = image.find_section(".note.stapsdt");
  if (section == nullptr) {
    return fail(
        Errc::not_found,
        cat(file.path(),
            ": it has no USDT probes (no section .note.stapsdt; it was built without, or stripped of them)"));
  }
  SKEP_TRY_IN(file.path(), const ByteView bytes, image.bytes_of(*section));
  const elf::Notes notes = elf::read_notes(bytes);
  if (!notes.complete) {
    return fail(Errc::truncated,
                cat(file.path(), ": .note.stapsdt is cut off after ", notes.notes.size(), " notes"));
  }
  const elf::ImageSection* const base = image.find_section(".stapsdt.base");
  std::vector<UsdtNote> read;
  for (const elf::Note& raw : notes.notes) {
    if (raw.type != stapsdt_type || raw.name != stapsdt_name) {
      continue;
    }
    read.push_back(read_note(file, base, raw.description));
  }
  return read;
}

}  // namespace skep::host

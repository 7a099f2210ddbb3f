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

Result<UsdtNote> parse_note(const elf::Image& image, ByteView description, Addresses& addresses) {
  const u64 word = image.address_bytes();
  SKEP_TRY(addresses.probe, image.read_word(description, 0));
  SKEP_TRY(addresses.base, image.read_word(description, word));
  SKEP_TRY(addresses.semaphore, image.read_word(description, 2 * word));
  UsdtNote note;
  u64 at = 3 * word;
  for (std::string* const text : {&note.provider, &note.name, &note.arguments}) {
    SKEP_TRY(const std::string_view have, description.c_string(at));
    *text = have;
    at += have.size() + 1;
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
    const std::string place = cat(file.path(), ": USDT note ", read.size());
    Addresses addresses;
    SKEP_TRY_IN(place, UsdtNote note, parse_note(image, raw.description, addresses));
    // prelink(8) moves a library without knowing these notes; the section of one byte that it does move tells by how much.
    const u64 moved = base != nullptr && addresses.base != 0 ? base->address - addresses.base : 0;
    note.address = addresses.probe + moved;
    const std::optional<u64> offset = file.file_offset(note.address);
    if (!offset) {
      return fail(Errc::malformed, cat(place, " (", note.provider, ":", note.name, "): its address ",
                                       hex(note.address), " is not in the file"));
    }
    note.offset = *offset;
    if (addresses.semaphore != 0) {
      note.semaphore = addresses.semaphore + moved;
      const std::optional<u64> counter = file.file_offset(note.semaphore);
      if (!counter) {
        return fail(Errc::malformed,
                    cat(place, " (", note.provider, ":", note.name, "): its semaphore's address ",
                        hex(note.semaphore), " is not in the file"));
      }
      note.semaphore_offset = *counter;
    }
    read.push_back(std::move(note));
  }
  return read;
}

}  // namespace skep::host

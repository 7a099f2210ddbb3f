#include "host/debug_file.h"

#include <zlib.h>

#include <algorithm>

#include "host/inflate.h"

namespace skep::host {

namespace {

constexpr std::size_t most_unpacked_bytes = std::size_t{256} << 20;

/// What .gnu_debuglink says: a file's name, and the CRC-32 of that file.
struct DebugLink {
  std::string name;
  u32 checksum = 0;
};

std::optional<DebugLink> debug_link(const elf::Image& image) {
  const elf::ImageSection* const section = image.find_section(".gnu_debuglink");
  if (section == nullptr) {
    return std::nullopt;
  }
  const auto bytes = image.bytes_of(*section);
  const auto name = bytes ? bytes->c_string(0) : std::string_view();
  if (!name || name->empty() || name->contains('/')) {
    return std::nullopt;
  }
  const auto checksum = bytes->read<u32>((name->size() + 4) & ~u64{3});
  if (!checksum) {
    return std::nullopt;
  }
  return DebugLink{.name = std::string(*name), .checksum = *checksum};
}

std::string digits(std::span<const std::byte> bytes) {
  constexpr std::string_view letters = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += letters[std::to_integer<u32>(byte) >> 4];
    text += letters[std::to_integer<u32>(byte) & 15];
  }
  return text;
}

/// By build id where both have one, else by the checksum.
bool belongs(const elf::Image& image, const elf::Image& debug, const std::optional<DebugLink>& link) {
  const auto ours = elf::build_id(image);
  const auto theirs = elf::build_id(debug);
  if (!ours.empty() && !theirs.empty()) {
    return std::ranges::equal(ours, theirs);
  }
  return link && crc32_z(0, reinterpret_cast<const Bytef*>(debug.file().data()), debug.file().size()) ==
                     link->checksum;
}

/// The table of `image` into `found`. Errors: as SymbolTable::of_section().
Result<bool> take_table(SeparateSymbols& found, const elf::Image& image) {
  const elf::ImageSection* const table = image.find_section_type(SHT_SYMTAB);
  if (table == nullptr) {
    return false;
  }
  SKEP_TRY(found.table, elf::SymbolTable::of_section(image, *table));
  return true;
}

}  // namespace

Result<std::unique_ptr<SeparateSymbols>> read_mini_debug_info(const elf::Image& image) {
  const elf::ImageSection* const section = image.find_section(".gnu_debugdata");
  if (section == nullptr) {
    return nullptr;
  }
  auto found = std::make_unique<SeparateSymbols>();
  found->place = "its .gnu_debugdata";
  SKEP_TRY_IN("section .gnu_debugdata", const ByteView packed, image.bytes_of(*section));
  SKEP_TRY_IN("section .gnu_debugdata", found->unpacked, unxz(packed.span(), most_unpacked_bytes));
  SKEP_TRY_IN("section .gnu_debugdata", const elf::Image inner, elf::Image::parse(found->unpacked));
  SKEP_TRY_IN("section .gnu_debugdata", const bool has_table, take_table(*found, inner));
  return has_table ? std::move(found) : nullptr;
}

std::vector<std::string> debug_file_places(const elf::Image& image, const std::string& path,
                                           const std::string& root) {
  std::vector<std::string> places;
  if (const std::string id = digits(elf::build_id(image)); id.size() > 2) {
    places.push_back(cat(root, "/usr/lib/debug/.build-id/", id.substr(0, 2), "/", id.substr(2), ".debug"));
  }
  if (const auto link = debug_link(image)) {
    const std::size_t slash = path.rfind('/');
    const std::string directory = slash == std::string::npos ? std::string(".") : path.substr(0, slash);
    places.push_back(cat(directory, "/", link->name));
    places.push_back(cat(directory, "/.debug/", link->name));
    places.push_back(
        cat(root, "/usr/lib/debug", directory.starts_with('/') ? "" : "/", directory, "/", link->name));
  }
  return places;
}

Result<std::unique_ptr<SeparateSymbols>> read_debug_file(const elf::Image& image, const std::string& path,
                                                         const std::string& root) {
  const std::optional<DebugLink> link = debug_link(image);
  for (const std::string& place : debug_file_places(image, path, root)) {
    auto file = FileBytes::open_regular(place);
    if (!file) {
      continue;
    }
    auto found = std::make_unique<SeparateSymbols>();
    found->place = place;
    found->file = std::move(*file);
    const auto debug = elf::Image::parse(found->file.span());
    if (!debug || !belongs(image, *debug, link)) {
      continue;
    }
    SKEP_TRY_IN(place, const bool has_table, take_table(*found, *debug));
    if (has_table) {
      return found;
    }
  }
  return nullptr;
}

}  // namespace skep::host

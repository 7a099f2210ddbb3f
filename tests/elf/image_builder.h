// Small executables and libraries for tests, of either width and byte order: one segment that holds the whole file, at `load_address`.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "elf/image.h"

namespace skep::elf {

struct BuiltSymbol {
  std::string name;
  u64 value = 0;
  u64 size = 0;
  u8 type = STT_FUNC;
  u8 bind = STB_GLOBAL;
  u16 section = 1;  // SHN_UNDEF is 0
};

class ImageBuilder {
 public:
  static constexpr u64 load_address = 0x10000;

  explicit ImageBuilder(bool is_64 = true, std::endian order = std::endian::little, u16 machine = EM_X86_64)
      : is_64_(is_64), order_(order), machine_(machine) {}

  /// Returns the section's index. The address is where the bytes will lie.
  u16 add_section(std::string name, u32 type, std::vector<std::byte> bytes, u32 link = 0,
                  u64 entry_bytes = 0) {
    sections_.push_back({std::move(name), type, std::move(bytes), link, entry_bytes});
    return static_cast<u16>(sections_.size());
  }
  /// A symbol table and its names: two sections. Returns the table's index.
  u16 add_symbols(std::string name, u32 type, const std::vector<BuiltSymbol>& symbols) {
    std::vector<std::byte> names(1);
    std::vector<std::byte> entries(entry());
    for (const BuiltSymbol& symbol : symbols) {
      const auto offset = static_cast<u32>(names.size());
      text(names, symbol.name);
      put<u32>(entries, offset);
      const auto info = static_cast<u8>(symbol.bind << 4 | symbol.type);
      if (is_64_) {
        put<u8>(entries, info);
        put<u8>(entries, 0);
        put<u16>(entries, symbol.section);
        put<u64>(entries, symbol.value);
        put<u64>(entries, symbol.size);
      } else {
        put<u32>(entries, static_cast<u32>(symbol.value));
        put<u32>(entries, static_cast<u32>(symbol.size));
        put<u8>(entries, info);
        put<u8>(entries, 0);
        put<u16>(entries, symbol.section);
      }
    }
    const u16 strings = add_section(name + ".names", SHT_STRTAB, std::move(names));
    return add_section(std::move(name), type, std::move(entries), strings, entry());
  }
  /// A note, with its padding.
  void note(std::vector<std::byte>& out, std::string_view name, u32 type,
            const std::vector<std::byte>& description) const {
    put<u32>(out, static_cast<u32>(name.size() + 1));
    put<u32>(out, static_cast<u32>(description.size()));
    put<u32>(out, type);
    text(out, name);
    out.resize((out.size() + 3) & ~std::size_t{3});
    out.insert(out.end(), description.begin(), description.end());
    out.resize((out.size() + 3) & ~std::size_t{3});
  }
  void word(std::vector<std::byte>& out, u64 value) const {
    is_64_ ? put<u64>(out, value) : put<u32>(out, static_cast<u32>(value));
  }
  template <class T>
  void put(std::vector<std::byte>& out, T value) const {
    value = from_order(value, order_);
    const auto* const raw = reinterpret_cast<const std::byte*>(&value);
    out.insert(out.end(), raw, raw + sizeof value);
  }
  static void text(std::vector<std::byte>& out, std::string_view chars) {
    for (const char letter : chars) {
      out.push_back(static_cast<std::byte>(letter));
    }
    out.push_back(std::byte{0});
  }

  std::vector<std::byte> build() const {
    std::vector<std::byte> names(1);
    std::vector<std::byte> contents;
    std::vector<std::byte> headers(is_64_ ? 64 : 40);
    const u64 begin = is_64_ ? 64 + 56 : 52 + 32;
    const auto header = [&](const Section& section) {
      const auto name = static_cast<u32>(names.size());
      text(names, section.name);
      const u64 offset = begin + contents.size();
      contents.insert(contents.end(), section.bytes.begin(), section.bytes.end());
      contents.resize((contents.size() + 7) & ~std::size_t{7});
      put<u32>(headers, name);
      put<u32>(headers, section.type);
      word(headers, SHF_ALLOC);
      word(headers, load_address + offset);
      word(headers, offset);
      word(headers, section.bytes.size());
      put<u32>(headers, section.link);
      put<u32>(headers, 0);
      word(headers, 1);
      word(headers, section.entry_bytes);
    };
    for (const Section& section : sections_) {
      header(section);
    }
    std::vector<std::byte> all_names = names;
    text(all_names, ".shstrtab");
    header({".shstrtab", SHT_STRTAB, all_names, 0, 0});
    std::vector<std::byte> file;
    for (const int byte :
         {0x7f, 0x45, 0x4c, 0x46, is_64_ ? 2 : 1, order_ == std::endian::little ? 1 : 2, 1}) {
      file.push_back(static_cast<std::byte>(byte));
    }
    file.resize(EI_NIDENT);
    put<u16>(file, ET_DYN);
    put<u16>(file, machine_);
    put<u32>(file, 1);
    word(file, 0);
    word(file, is_64_ ? 64 : 52);
    word(file, begin + contents.size());
    put<u32>(file, 0);
    put<u16>(file, is_64_ ? 64 : 52);
    put<u16>(file, is_64_ ? 56 : 32);
    put<u16>(file, 1);
    put<u16>(file, is_64_ ? 64 : 40);
    put<u16>(file, static_cast<u16>(sections_.size() + 2));
    put<u16>(file, static_cast<u16>(sections_.size() + 1));
    const u64 total = begin + contents.size() + headers.size();
    put<u32>(file, PT_LOAD);
    if (is_64_) {
      put<u32>(file, PF_R | PF_X);
    }
    for (const u64 field : {u64{0}, load_address, load_address, total, total}) {
      word(file, field);
    }
    if (!is_64_) {
      put<u32>(file, PF_R | PF_X);
    }
    word(file, 0x1000);
    file.insert(file.end(), contents.begin(), contents.end());
    file.insert(file.end(), headers.begin(), headers.end());
    return file;
  }

 private:
  struct Section {
    std::string name;
    u32 type;
    std::vector<std::byte> bytes;
    u32 link;
    u64 entry_bytes;
  };
  u64 entry() const { return is_64_ ? 24 : 16; }

  bool is_64_;
  std::endian order_;
  u16 machine_;
  std::vector<Section> sections_;
};

}  // namespace skep::elf

// The function table that every Go program carries for its own runtime (.gopclntab), also when it is stripped. Layouts of Go 1.2, 1.16, 1.18 and 1.20.
#pragma once

#include <string_view>
#include <vector>

#include "elf/image.h"

namespace skep::host {

/// One function of a Go program.
struct GoFunction {
  std::string_view name;  ///< "main.(*server).run"
  u64 address = 0;
  u64 size = 0;  ///< up to the next function, with padding
};

/// A view of the table; borrows from the file.
class GoTable {
 public:
  /// The table of `image`, by its section or, in a file without section headers, by its first word in what is loaded. Errors: not_found (no Go program), unsupported (a layout of another
  /// Go; where the code begins is not told: see find_go_text), truncated, malformed.
  static Result<GoTable> read(const elf::Image& image);
  /// The same for the bytes of a table alone. `text_address`: where the program's code begins, for tables that do not tell; 0: not known, which is an error (unsupported) for those.
  static Result<GoTable> parse(ByteView table, u64 text_address);

  u32 size() const { return count_; }
  /// Function `index`, below size(). Errors: truncated, malformed.
  Result<GoFunction> at(u32 index) const;
  /// All of this name; the names are read in one pass. What is damaged is passed over.
  std::vector<GoFunction> find(std::string_view name) const;
  /// "Go 1.20 or later": whose layout it is.
  std::string_view version() const;

 private:
  enum class Layout : u8 { v12, v116, v118, v120 };
  static Result<GoTable> parse_layout(ByteView table);
  Result<u64> read_header(ByteView table);
  bool is_relative() const { return layout_ == Layout::v118 || layout_ == Layout::v120; }
  Result<u64> word(ByteView bytes, u64 offset) const;
  Result<u64> address_of(u32 index) const;
  Result<u32> name_of(u32 index) const;

  Layout layout_ = Layout::v120;
  u32 word_bytes_ = 8;
  u32 count_ = 0;
  u64 text_ = 0;  // where the code begins, in layouts that count from there
  ByteView names_;
  ByteView functions_;  // the index of functions, and behind it what is known of each
};

/// True for a program that the Go compiler made: it has the table, or a note or section that only Go writes; without section headers, the table or the build information in what is loaded.
bool is_go(const elf::Image& image);

}  // namespace skep::host

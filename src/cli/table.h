// Columns that line up.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "cli/output.h"

namespace skep::cli {

/// One cell: text and how it looks.
struct Cell {
  std::string text;
  Style style = Style::plain;
};

/// Rows of cells, printed with each column as wide as its widest cell; the last column is not padded. A column whose cells are all empty is left out.
class Table {
 public:
  enum class Align : u8 { left, right };

  /// `columns` names the columns; a name that begins with '>' is aligned to the right.
  explicit Table(std::initializer_list<std::string_view> columns)
      : Table(std::vector<std::string>(columns.begin(), columns.end())) {}
  explicit Table(const std::vector<std::string>& columns);
  void row(std::vector<Cell> cells);
  bool empty() const { return rows_.empty(); }
  /// Prints a header line (where there are names) and the rows, each after `indent` spaces.
  void print(Output& out, std::size_t indent) const;

 private:
  std::vector<std::string> names_;
  std::vector<Align> aligns_;
  std::vector<std::vector<Cell>> rows_;
};

/// How many terminal columns UTF-8 text takes, one per code point.
std::size_t width_of(std::string_view text);

}  // namespace skep::cli

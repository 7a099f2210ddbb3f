#include "cli/table.h"

#include <algorithm>

#include "cli/visible.h"

namespace skep::cli {

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Table::Table(const std::vector<std::string>& columns) {
  for (const std::string_view name : columns) {
    const bool right = name.starts_with('>');
    names_.emplace_back(right ? name.substr(1) : name);
    aligns_.push_back(right ? Align::right : Align::left);
  }
}

void Table::row(std::vector<Cell> cells) {
  cells.resize(names_.size());
  for (Cell& cell : cells) {
    cell.text =
        visible(cell.text, {.controls = {}});  // before widths are taken; a cell is no place for a line's end
  }
  rows_.push_back(std::move(cells));
}

void Table::print(Output& out, std::size_t indent) const {
  std::vector<std::size_t> widths(names_.size());
  std::vector<std::size_t> shown;
  for (std::size_t column = 0; column < names_.size(); ++column) {
    for (const auto& row : rows_) {
      widths[column] = std::max(widths[column], width_of(row[column].text));
    }
    if (widths[column] > 0) {
      shown.push_back(column);
      widths[column] = std::max(widths[column], width_of(names_[column]));
    }
  }
  const auto print_row = [&](auto&& cell_of) {
    std::string text(indent, ' ');
    for (const std::size_t column : shown) {
      const Cell cell = cell_of(column);
      const std::size_t pad = widths[column] - width_of(cell.text);
      const bool last = column == shown.back();
      if (aligns_[column] == Align::right) {
        text.append(pad, ' ');
      }
      text += out.paint(cell.style, cell.text);
      if (aligns_[column] == Align::left && !last) {
        text.append(pad, ' ');
      }
      text += last ? "" : "  ";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out.line(text);
  };
  if (std::ranges::any_of(names_, [](const std::string& name) { return !name.empty(); })) {
    print_row([&](std::size_t column) { return Cell{names_[column], Style::comment}; });
  }
  for (const auto& row : rows_) {
    print_row([&](std::size_t column) { return row[column]; });
  }
}

}  // namespace skep::cli

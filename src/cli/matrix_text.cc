#include <algorithm>

#include "base/text.h"
#include "cli/matrix.h"
#include "cli/table.h"

namespace skep::cli {

namespace {

/// What of a row stands in the table.
Cell cell_of(const MatrixRow& row) {
  if (!row.loads) {
    return {"fails", Style::bad};
  }
  std::string text = row.returned ? cat("returns ", static_cast<s32>(*row.returned)) : std::string("loads");
  if (row.counts) {
    text += cat(" ", row.counts->insns_processed, "/", row.counts->states);
  }
  return {std::move(text), Style::good};
}

bool same_program(const MatrixRow& a, const MatrixRow& b) {
  return a.file == b.file && a.program == b.program;
}

std::vector<std::string> kernels_of(const std::vector<MatrixRow>& rows) {
  std::vector<std::string> kernels;
  for (const MatrixRow& row : rows) {
    if (std::ranges::find(kernels, row.kernel) == kernels.end()) {
      kernels.push_back(row.kernel);
    }
  }
  return kernels;
}

/// "  text" for each line.
std::string indented(std::string_view text) {
  std::string out = "  ";
  for (const char c : text) {
    out += c;
    if (c == '\n') {
      out += "  ";
    }
  }
  return out;
}

/// One program's failures: kernels with the same explanation together.
void explain(const std::vector<const MatrixRow*>& rows, Output& out) {
  std::vector<const MatrixRow*> left;
  std::ranges::copy_if(rows, std::back_inserter(left), [](const MatrixRow* row) { return !row->loads; });
  while (!left.empty()) {
    const MatrixRow& first = *left.front();
    std::vector<std::string> kernels;
    std::erase_if(left, [&](const MatrixRow* row) {
      const bool same = row->explanation == first.explanation;
      if (same) {
        kernels.push_back(row->kernel);
      }
      return same;
    });
    out.line();
    out.line(
        cat(first.file, ": ", out.paint(Style::name, first.program), " fails on ", join(kernels, ", "), ":"));
    out.line(indented(first.explanation));
  }
}

}  // namespace

Json matrix_json(const std::vector<MatrixRow>& rows) {
  Json array = Json::array();
  for (const MatrixRow& row : rows) {
    Json one = {{"file", row.file},
                {"program", row.program},
                {"kernel", row.kernel},
                {"verdict", row.loads ? "loads" : "fails"},
                {"reason", row.loads ? Json(nullptr) : Json(row.reason)},
                {"explanation", row.loads ? Json(nullptr) : Json(row.explanation)},
                {"release", row.release.empty() ? Json(nullptr) : Json(row.release)},
                {"insns_processed", row.counts ? Json(row.counts->insns_processed) : Json(nullptr)},
                {"states", row.counts ? Json(row.counts->states) : Json(nullptr)},
                {"peak_states", row.counts ? Json(row.counts->peak_states) : Json(nullptr)},
                {"return_value", row.returned ? Json(*row.returned) : Json(nullptr)}};
    array.push_back(one);
  }
  return array;
}

void matrix_text(const std::vector<MatrixRow>& rows, Output& out) {
  const std::vector<std::string> kernels = kernels_of(rows);
  std::vector<std::string> columns{"file", "program"};
  columns.insert(columns.end(), kernels.begin(), kernels.end());
  Table table(columns);
  std::vector<std::vector<const MatrixRow*>> programs;
  for (const MatrixRow& row : rows) {
    auto known = std::ranges::find_if(
        programs, [&](const auto& program) { return same_program(*program.front(), row); });
    if (known == programs.end()) {
      programs.emplace_back();
      known = programs.end() - 1;
    }
    known->push_back(&row);
  }
  std::string_view last_file;
  for (const auto& program : programs) {
    const MatrixRow& first = *program.front();
    std::vector<Cell> cells{{first.file == last_file ? "" : first.file, Style::title},
                            {first.program, Style::name}};
    last_file = first.file;
    for (const std::string& kernel : kernels) {
      const auto row = std::ranges::find(program, kernel, &MatrixRow::kernel);
      cells.push_back(row != program.end() ? cell_of(**row) : Cell{"-"});
    }
    table.row(std::move(cells));
  }
  table.print(out, 0);
  if (std::ranges::any_of(rows, [](const MatrixRow& row) { return row.counts.has_value(); })) {
    out.line(out.paint(Style::comment, "N/M: the verifier processed N instructions and kept M states"));
  }
  for (const auto& program : programs) {
    explain(program, out);
  }
}

}  // namespace skep::cli

#include "base/text.h"
#include "cli/load.h"
#include "cli/table.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

std::string milliseconds(std::chrono::microseconds time) {
  const auto count = time.count();
  return cat(count / 1000, ".", count % 1000 / 100, " ms");
}

std::string counted(std::size_t count, std::string_view noun) {
  return cat(count, " ", noun, count == 1 ? "" : "s");
}

Cell fate_cell(const ProgramFate& program) {
  if (program.run && program.run->error) {
    return {"loaded, cannot run", Style::bad};
  }
  if (program.loaded) {
    return {program.run ? cat("loaded, returned ", program.run->return_value) : "loaded", Style::good};
  }
  if (program.error) {
    return {"refused", Style::bad};
  }
  return {"not loaded", Style::comment};
}

}  // namespace

void story_text(const LoadStory& story, Output& out) {
  std::size_t loaded = 0;
  std::size_t refused = 0;
  std::size_t skipped = 0;
  Table table({"program", "section", "type", ">insns", ""});
  for (const ProgramFate& program : story.programs) {
    loaded += program.loaded ? 1 : 0;
    refused += program.error ? 1 : 0;
    if (program.skipped && !program.error) {
      ++skipped;
      continue;
    }
    table.row({{program.name, Style::name},
               {program.section},
               {word(program.type), Style::type},
               {std::to_string(program.insns), Style::number},
               fate_cell(program)});
  }
  if (story.status == Status::ok) {
    out.line(cat(out.paint(Style::title, story.file), ": ", counted(loaded, "program"), " and ",
                 counted(story.maps.size(), "map"), " loaded (parse ", milliseconds(story.parse_time),
                 ", plan ", milliseconds(story.plan_time), ", load ", milliseconds(story.load_time), ")"));
  }
  if (!table.empty()) {
    table.print(out, 2);
  }
  if (skipped > 0) {
    out.line(out.paint(Style::comment, cat("  ", counted(skipped, "program"), " left out")));
  }
  for (const std::string& note : story.notes) {
    out.line(cat("  note: ", note));
  }
  for (const ProgramFate& program : story.programs) {
    if (!program.log.empty()) {
      out.line(cat("\n", out.paint(Style::title, cat("verifier log of ", program.name)), "\n", program.log));
    }
  }
  for (const ProgramFate& program : story.programs) {
    if (program.error || (program.run && program.run->error)) {
      const Error& error = program.error ? *program.error : *program.run->error;
      out.complain(error.message().starts_with(story.file) ? error.message()
                                                           : cat(story.file, ": ", error.message()));
    }
  }
  if (story.error && refused == 0) {
    out.complain(story.error->message());
  }
}

}  // namespace skep::cli

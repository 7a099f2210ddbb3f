// `skep prog ...`: programs that are in the kernel now.
#include <utility>

#include "base/text.h"
#include "cli/live.h"
#include "cli/prog_code.h"
#include "cli/table.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "kernel/host_kernel.h"
#include "kernel/ids.h"

namespace skep::cli {

namespace {

std::string type_of(const LiveProgram& program) {
  return word(static_cast<bpf_prog_type>(program.info.type));
}

std::string tag_of(const LiveProgram& program) {
  std::string text = hex_bytes(std::as_bytes(std::span(program.info.tag)));
  std::erase(text, ' ');
  return text;
}

u32 insns_of(const LiveProgram& program) {
  return program.info.xlated_prog_len / u32{sizeof(bpf_insn)};
}

/// None where the program has gone.
std::vector<u32> map_ids(kernel::Kernel& kernel, const LiveProgram& program) {
  const auto fd = kernel::open_id(kernel, kernel::ObjectKind::prog, program.info.id);
  auto ids = fd ? kernel::prog_map_ids(kernel, fd->raw()) : Result<std::vector<u32>>();
  return ids ? *std::move(ids) : std::vector<u32>();
}

Json summary_json(kernel::Kernel& kernel, const LiveProgram& program) {
  const auto maps = map_ids(kernel, program);
  return {{"id", program.info.id},
          {"name", program.name()},
          {"type", type_of(program)},
          {"tag", tag_of(program)},
          {"insns", insns_of(program)},
          {"jited_bytes", program.info.jited_prog_len},
          {"verified_insns", program.info.verified_insns},
          {"uid", program.info.created_by_uid},
          {"gpl_compatible", program.info.gpl_compatible != 0},
          {"map_ids", maps},
          {"btf_id", program.info.btf_id},
          {"run_count", program.info.run_cnt},
          {"run_time_ns", program.info.run_time_ns}};
}

Result<void> list(Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const std::vector<LiveProgram> programs, all_programs(kernel));
  Json document = Json::array();
  Table table({">id", "name", "type", ">insns", ">jited", "tag"});
  for (const LiveProgram& program : programs) {
    if (out.is_json()) {
      document.push_back(summary_json(kernel, program));
      continue;
    }
    table.row({{std::to_string(program.info.id), Style::number},
               {std::string(program.name()), Style::name},
               {type_of(program), Style::type},
               {std::to_string(insns_of(program))},
               {std::to_string(program.info.jited_prog_len)},
               {tag_of(program), Style::comment}});
  }
  if (out.is_json()) {
    out.json(document);
  } else if (programs.empty()) {
    out.line("no programs");
  } else {
    table.print(out, 0);
  }
  return {};
}

std::string maps_text(kernel::Kernel& kernel, const LiveProgram& program) {
  std::vector<std::string> texts;
  for (const u32 id : map_ids(kernel, program)) {
    const auto map = open_map(kernel, {.how = "id", .what = std::to_string(id)});
    texts.push_back(map ? cat(map->name(), " (id ", id, ")") : cat("id ", id));
  }
  return join(texts, ", ");
}

Result<void> show(const Arguments& arguments, Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const LiveProgram program,
           open_program(kernel, {.how = arguments.words()[0], .what = arguments.words()[1]}));
  if (out.is_json()) {
    out.json(summary_json(kernel, program));
    return {};
  }
  const bpf_prog_info& info = program.info;
  out.line(cat("program ", info.id, ": ", out.paint(Style::name, program.name())));
  Table table({"", ""});
  const auto row = [&](std::string_view what, std::string text) {
    table.row({{std::string(what), Style::comment}, {std::move(text)}});
  };
  row("type", type_of(program));
  row("size", cat(insns_of(program), " instructions, ", info.jited_prog_len, " bytes of machine code"));
  row("verifier", info.verified_insns == 0 ? "" : cat("walked ", info.verified_insns, " instructions"));
  row("licence", info.gpl_compatible != 0 ? "GPL-compatible" : "not GPL-compatible");
  row("loaded by", cat("uid ", info.created_by_uid));
  row("maps", maps_text(kernel, program));
  row("BTF", info.btf_id == 0 ? "none" : cat("id ", info.btf_id));
  row("runs", info.run_cnt == 0 ? "" : cat(info.run_cnt, ", ", info.run_time_ns / info.run_cnt, " ns each"));
  row("tag", tag_of(program));
  table.print(out, 2);
  return {};
}

Result<void> dump(const Arguments& arguments, Output& out) {
  kernel::HostKernel kernel;
  SKEP_TRY(const LiveProgram program,
           open_program(kernel, {.how = arguments.words()[0], .what = arguments.words()[1]}));
  SKEP_TRY(const std::vector<LiveLine> lines, read_code(kernel, program));
  Json code = Json::array();
  std::pair<std::string, u32> shown;
  for (const LiveLine& line : lines) {
    if (out.is_json()) {
      code.push_back({{"insn", line.insn},
                      {"text", line.text},
                      {"function", line.function.empty() ? Json(nullptr) : Json(line.function)},
                      {"file", line.file.empty() ? Json(nullptr) : Json(line.file)},
                      {"line", line.line},
                      {"source", line.source.empty() ? Json(nullptr) : Json(line.source)}});
      continue;
    }
    if (!line.function.empty()) {
      out.line(out.paint(Style::title, cat(line.function, ":")));
    }
    if (!line.file.empty() && shown != std::pair(line.file, line.line)) {
      shown = {line.file, line.line};
      out.line(out.paint(Style::comment, cat("        ; ", line.source, "  @ ",
                                             line.file.substr(line.file.rfind('/') + 1), ":", line.line)));
    }
    std::string number = std::to_string(line.insn);
    number.insert(0, number.size() < 6 ? 6 - number.size() : 0, ' ');
    out.line(cat(number, ": (", hex(0x100U | line.opcode).substr(3), ") ", line.text));
  }
  if (out.is_json()) {
    Json document = summary_json(kernel, program);
    document.set("code", code);
    out.json(document);
  }
  return {};
}

}  // namespace

Status prog_list(const Arguments&, Output& out) {
  return finish(list(out), out);
}
Status prog_show(const Arguments& arguments, Output& out) {
  return finish(show(arguments, out), out);
}
Status prog_dump(const Arguments& arguments, Output& out) {
  return finish(dump(arguments, out), out);
}

}  // namespace skep::cli

#include <algorithm>

#include "base/text.h"
#include "btf/btf.h"
#include "cli/inspect.h"
#include "cli/words.h"
#include "insn/print.h"
#include "insn/traits.h"

namespace skep::cli {

namespace {

std::string_view btf_string(const ObjectSpec& spec, u32 offset) {
  return spec.btf != nullptr && spec.btf->has_string(offset) ? spec.btf->string(offset) : std::string_view{};
}

std::string core_text(const ObjectSpec& spec, const CoreRelocation& relocation) {
  const std::string_view kind =
      name_of(core_relo_kind_names, static_cast<bpf_core_relo_kind>(relocation.kind));
  return cat("CO-RE ", kind.empty() ? "relocation" : kind, " of ", c_type(spec.btf.get(), relocation.type_id),
             " ", btf_string(spec, relocation.access_string_offset));
}

const bpf_line_info* line_at(const FunctionSpec& function, u32 insn) {
  const auto line = std::ranges::lower_bound(function.line_info, insn, {}, &bpf_line_info::insn_off);
  return line != function.line_info.end() && line->insn_off == insn ? &*line : nullptr;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

void print_code(const ObjectSpec& spec, const FunctionSpec& function, Output& out) {
  u32 shown = 0;  // compilers split one source line over several records; it is shown once
  for (const CodeLine& line : code_lines(spec, function)) {
    if (line.line != nullptr && BPF_LINE_INFO_LINE_NUM(line.line->line_col) != shown) {
      shown = BPF_LINE_INFO_LINE_NUM(line.line->line_col);
      const std::string_view source = trim(btf_string(spec, line.line->line_off));
      const std::string where = cat(file_name(btf_string(spec, line.line->file_name_off)), ":", shown);
      out.line(out.paint(Style::comment, cat("        ; ", source, source.empty() ? "" : "  ", "@ ", where)));
    }
    std::string number = std::to_string(line.insn);
    number.insert(0, number.size() < 6 ? 6 - number.size() : 0, ' ');
    const std::string opcode = hex(0x100U | line.opcode).substr(3);
    std::string text = cat(number, ": (", opcode, ") ", line.text);
    for (const std::string& note : line.notes) {
      constexpr std::size_t note_column = 46;
      text.resize(std::max(note_column, text.size() + 1), ' ');
      text += out.paint(Style::name, cat("; ", note));
    }
    out.line(text);
  }
}

}  // namespace

std::vector<CodeLine> code_lines(const ObjectSpec& spec, const FunctionSpec& function) {
  std::vector<CodeLine> lines;
  for (u32 at = 0; at < function.insns.size(); at += insn::slots(function.insns[at])) {
    CodeLine line{.insn = at, .opcode = function.insns[at].code, .text = insn::print(function.insns, at)};
    line.line = line_at(function, at);
    const auto named = std::ranges::equal_range(function.relocations, at, {}, &Relocation::insn_index);
    for (const Relocation& relocation : named) {
      line.notes.push_back(target_text(spec, relocation));
    }
    const auto core =
        std::ranges::equal_range(function.core_relocations, at, {}, &CoreRelocation::insn_index);
    for (const CoreRelocation& relocation : core) {
      line.notes.push_back(core_text(spec, relocation));
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

void disassemble_text(const ObjectSpec& spec, Output& out) {
  for (const FunctionSpec& function : spec.functions) {
    out.line();
    out.line(cat(out.paint(Style::title, function.name), " ",
                 out.paint(Style::comment, cat("(", function.section, "+", hex(function.section_offset), ", ",
                                               function.insns.size(), " instructions)"))));
    print_code(spec, function, out);
  }
}

}  // namespace skep::cli

// Code: every function of every executable section, with its debug information; then which of them are programs.
#include <algorithm>

#include "insn/decode.h"
#include "insn/traits.h"
#include "object/custom_sections.h"
#include "object/draft.h"
#include "object/section_names.h"
#include "object/section_rules.h"

namespace skep::object {
namespace {

constexpr u64 insn_bytes = sizeof(bpf_insn);

/// FUNC symbols by section, each list sorted by offset (then by name, so that aliases come in a fixed order).
std::vector<std::vector<const elf::Symbol*>> function_symbols(const Draft& draft) {
  std::vector<std::vector<const elf::Symbol*>> by_section(draft.file.sections().size());
  for (const elf::Symbol& symbol : draft.file.symbols()) {
    if (symbol.type == STT_FUNC && symbol.section < by_section.size() &&
        is_code(draft.section(symbol.section))) {
      by_section[symbol.section].push_back(&symbol);
    }
  }
  for (auto& symbols : by_section) {
    std::sort(symbols.begin(), symbols.end(), [](const elf::Symbol* a, const elf::Symbol* b) {
      return a->value != b->value ? a->value < b->value : a->name < b->name;
    });
  }
  return by_section;
}

Result<FunctionSpec> read_function(const elf::Section& section, const elf::Symbol& symbol) {
  if (symbol.size == 0 || symbol.size % insn_bytes != 0 || symbol.value % insn_bytes != 0) {
    return fail(Errc::malformed, cat("want whole instructions of 8 bytes, have ", symbol.size,
                                     " bytes at offset ", symbol.value));
  }
  SKEP_TRY(const ByteView code, section.bytes.slice(symbol.value, symbol.size));
  FunctionSpec function{.name = std::string(symbol.name),
                        .section = std::string(section.name),
                        .section_offset = symbol.value,
                        .is_global = symbol.bind != STB_LOCAL && symbol.visibility != STV_HIDDEN &&
                                     symbol.visibility != STV_INTERNAL,
                        .is_weak = symbol.bind == STB_WEAK};
  SKEP_TRY(function.insns, insn::decode(code));
  return function;
}

/// Functions may not overlap: what they copy is then bounded by the section's size.
Result<void> check_layout(const std::vector<const elf::Symbol*>& symbols) {
  for (std::size_t i = 1; i < symbols.size(); ++i) {
    const elf::Symbol& before = *symbols[i - 1];
    if (symbols[i]->value - before.value < before.size) {
      return fail(Errc::malformed, cat("functions '", before.name, "' and '", symbols[i]->name, "' overlap"));
    }
  }
  return {};
}

/// Hands each function of a section its run of `records` (sorted by offset) as `fill(function, first, end)`. Records of code that belongs to no
/// function are passed over.
template <class Records, class Fill>
Result<void> distribute(Draft& draft, u32 section_index, const Records& records, const Fill& fill) {
  const FunctionRange range = draft.functions_of[section_index];
  const u64 section_bytes = draft.section(section_index).size;
  u64 previous = 0;
  u32 first = 0;
  u32 i = 0;
  for (u32 current = range.first; current < range.first + range.count; ++current) {
    FunctionSpec& function = draft.spec.functions[current];
    const u64 end = function.section_offset + function.insns.size() * insn_bytes;
    for (first = i; i < records.size(); ++i) {
      const u64 offset = records.insn_offset_bytes(i);
      if (offset % insn_bytes != 0 || offset >= section_bytes) {
        return fail(Errc::malformed, cat("instruction offset ", offset, " is not within the section's ",
                                         section_bytes, " bytes"));
      }
      if (offset < previous) {
        return fail(Errc::malformed, cat("instruction offset ", offset, " comes after ", previous,
                                         "; want ascending offsets"));
      }
      if (offset >= end) {
        break;
      }
      first += offset < function.section_offset ? 1 : 0;
      previous = offset;
    }
    fill(function, first, i);
  }
  return {};
}

u32 relative_insn(const FunctionSpec& function, u32 insn_offset_bytes) {
  return static_cast<u32>((insn_offset_bytes - function.section_offset) / insn_bytes);
}

Result<void> read_debug_info(Draft& draft, u32 section_index) {
  const btf::ExtSection info = draft.ext->for_section(draft.section_name(section_index));
  SKEP_CHECK_IN(
      "func_info", distribute(draft, section_index, info.functions, [&](FunctionSpec& f, u32 first, u32 end) {
        f.func_info.reserve(end - first);
        for (u32 i = first; i < end; ++i) {
          const btf::FuncInfo record = info.functions[i];
          f.func_info.push_back(
              {.insn_off = relative_insn(f, record.insn_offset_bytes), .type_id = record.type_id});
        }
        f.type_id =
            !f.func_info.empty() && f.func_info.front().insn_off == 0 ? f.func_info.front().type_id : 0;
      }));
  SKEP_CHECK_IN("line_info",
                distribute(draft, section_index, info.lines, [&](FunctionSpec& f, u32 first, u32 end) {
                  f.line_info.reserve(end - first);
                  for (u32 i = first; i < end; ++i) {
                    const btf::LineInfo record = info.lines[i];
                    f.line_info.push_back({.insn_off = relative_insn(f, record.insn_offset_bytes),
                                           .file_name_off = record.file_name_offset,
                                           .line_off = record.text_offset,
                                           .line_col = record.line_col});
                  }
                }));
  SKEP_CHECK_IN("core_relo",
                distribute(draft, section_index, info.relocations, [&](FunctionSpec& f, u32 first, u32 end) {
                  f.core_relocations.reserve(end - first);
                  for (u32 i = first; i < end; ++i) {
                    const btf::CoreRelo record = info.relocations[i];
                    f.core_relocations.push_back({.insn_index = relative_insn(f, record.insn_offset_bytes),
                                                  .type_id = record.type_id,
                                                  .access_string_offset = record.access_offset,
                                                  .kind = static_cast<u32>(record.kind)});
                  }
                }));
  return {};
}

void describe_custom(ProgramSpec& program, const SectionHandler& custom) {
  program.type = custom.program_type;
  program.expected_attach_type = custom.attach_type;
  program.flags = custom.flags;
  if (program.section.size() > custom.name.size()) {
    program.attach_target = program.section.substr(custom.name.size() + 1);
  }
  if (custom.prepare) {
    custom.prepare(program);
  }
}

ProgramSpec describe_program(const FunctionSpec& code, u32 function_index) {
  ProgramSpec program{.name = code.name, .section = code.section, .function = function_index};
  if (program.section.starts_with('?')) {
    program.section.erase(0, 1);
    program.autoload = false;
  }
  if (const auto custom = find_custom_section(program.section)) {
    describe_custom(program, *custom);
    return program;
  }
  const SectionRule* rule = find_section_rule(program.section);
  if (rule == nullptr) {
    return program;
  }
  program.type = rule->prog;
  program.expected_attach_type = rule->attach;
  program.expected_attach_type_is_optional = rule->attach_optional;
  program.flags = rule->flags;
  program.needs_attach_target = rule->target == Target::btf_id;
  if (rule->match == Match::exact_or_path && program.section.size() > rule->name.size()) {
    program.attach_target = program.section.substr(rule->name.size() + 1);
  }
  return program;
}

}  // namespace

Result<void> read_functions(Draft& draft) {
  const auto symbols = function_symbols(draft);
  draft.functions_of.resize(symbols.size());
  for (u32 section = 0; section < symbols.size(); ++section) {
    if (symbols[section].empty()) {
      continue;
    }
    const std::string_view section_name = draft.section_name(section);
    SKEP_CHECK_IN(cat("section ", section_name), check_layout(symbols[section]));
    draft.functions_of[section] = {.first = static_cast<u32>(draft.spec.functions.size()),
                                   .count = static_cast<u32>(symbols[section].size())};
    for (const elf::Symbol* symbol : symbols[section]) {
      SKEP_TRY_IN(cat("section ", section_name, ": function '", symbol->name, "'"), FunctionSpec function,
                  read_function(draft.section(section), *symbol));
      draft.spec.functions.push_back(std::move(function));
    }
    if (draft.ext) {
      SKEP_CHECK_IN(cat(".BTF.ext: section ", section_name), read_debug_info(draft, section));
    }
  }
  return {};
}

Result<void> read_programs(Draft& draft) {
  std::vector<ProgramSpec>& programs = draft.spec.programs;
  for (u32 i = 0; i < draft.spec.functions.size(); ++i) {
    const FunctionSpec& function = draft.spec.functions[i];
    // Functions of .text and static functions anywhere are subprograms: they run only when a program calls them.
    if (function.section != ".text" && (function.is_global || function.is_weak)) {
      programs.push_back(describe_program(function, i));
      if (programs.back().type == BPF_PROG_TYPE_UNSPEC) {
        const std::vector<std::string> near = nearest_sections(programs.back().section);
        draft.spec.oddities.push_back(cat("program '", function.name, "': section '", function.section,
                                          "' does not say what type of program it is",
                                          near.empty() ? "" : "; did you mean ", join(near, ", "),
                                          near.empty() ? "" : "?"));
      }
    }
  }
  if (programs.empty() && !draft.spec.functions.empty()) {
    draft.spec.oddities.push_back(
        "there are functions and no program: every function is static or in .text (is a SEC(\"...\") "
        "missing?)");
  }
  return {};
}

}  // namespace skep::object

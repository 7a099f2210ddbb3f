#include <algorithm>
#include <map>

#include "base/text.h"
#include "btf/btf.h"
#include "cli/inspect.h"
#include "cli/table.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

std::string counted(std::string_view noun, std::size_t count) {
  return cat("\n", noun, " (", count, ")");
}

std::string names_of(const ObjectSpec& spec, const std::vector<u32>& functions) {
  std::vector<std::string> names;
  for (const u32 function : functions) {
    names.push_back(spec.functions[function].name);
  }
  return join(names, ", ");
}

void show_programs(const ObjectSpec& spec, Output& out) {
  out.heading(counted("programs", spec.programs.size()));
  Table table({"name", "section", "type", "attach", ">insns", "reaches", ""});
  for (const ProgramSpec& program : spec.programs) {
    const FunctionSpec& code = spec.code_of(program);
    table.row({{program.name, Style::name},
               {program.section},
               {word(program.type), Style::type},
               {attach_word(program.type, program.expected_attach_type)},
               {std::to_string(code.insns.size()), Style::number},
               {names_of(spec, functions_reached(spec, program.function))},
               {program.autoload ? "" : "not loaded by default", Style::comment}});
  }
  if (!table.empty()) {
    table.print(out, 2);
  }
}

std::string sized_type(const btf::Btf* btf, u32 type_id, u32 bytes) {
  const std::string type = c_type(btf, type_id);
  return type.empty() ? cat(bytes, bytes == 1 ? " byte" : " bytes") : cat(type, " (", bytes, ")");
}

std::string slot_text(const ObjectSpec& spec, const SlotSpec& slot) {
  const bool is_map = slot.target == SlotSpec::Target::map;
  return cat("[", slot.index, "] = ", is_map ? "map '" : "program '",
             is_map ? spec.maps[slot.target_index].name : spec.programs[slot.target_index].name, "'");
}

void show_map_details(const ObjectSpec& spec, const MapSpec& map, Output& out) {
  if (map.inner != nullptr) {
    const MapSpec& inner = *map.inner;
    out.line(cat("  ", map.name, ": each inner map is ", word(inner.type), " of ",
                 sized_type(spec.btf.get(), inner.key_type_id, inner.key_bytes), " to ",
                 sized_type(spec.btf.get(), inner.value_type_id, inner.value_bytes), ", ", inner.max_entries,
                 " entries"));
  }
  for (const MemberSpec& member : map.members) {
    out.line(cat("  ", map.name, ".", member_name(spec, map, member), " = program '",
                 spec.programs[member.program].name, "'"));
  }
  constexpr std::size_t most_slots = 16;
  for (std::size_t i = 0; i < std::min(most_slots, map.slots.size()); ++i) {
    out.line(cat("  ", map.name, slot_text(spec, map.slots[i])));
  }
  if (map.slots.size() > most_slots) {
    out.line(cat("  ", map.name, ": ", map.slots.size() - most_slots, " more slots"));
  }
}

std::string map_remarks(const MapSpec& map) {
  std::vector<std::string> remarks;
  if (const std::string flags = map_flags_word(map.flags); !flags.empty()) {
    remarks.push_back(flags);
  }
  if (map.pinning == Pinning::by_name) {
    remarks.push_back("pinned by name");
  }
  if (!map.pin_path.empty()) {
    remarks.push_back(cat("pinned at ", map.pin_path));
  }
  if (map.map_extra != 0) {
    remarks.push_back(cat("map_extra ", map.map_extra));
  }
  if (!map.autocreate) {
    remarks.push_back("not created by default");
  }
  if (map.numa_node) {
    remarks.push_back(cat("NUMA node ", *map.numa_node));
  }
  return join(remarks, ", ");
}

void show_maps(const ObjectSpec& spec, Output& out) {
  out.heading(counted("maps", spec.maps.size()));
  Table table({"name", "style", "type", "key", "value", ">entries", ""});
  for (const MapSpec& map : spec.maps) {
    const bool is_data = map.style == MapStyle::data;
    table.row({{map.name, Style::name},
               {std::string(word(map.style))},
               {word(map.type), Style::type},
               {sized_type(is_data ? nullptr : spec.btf.get(), map.key_type_id, map.key_bytes)},
               {sized_type(is_data ? nullptr : spec.btf.get(), map.value_type_id, map.value_bytes)},
               {std::to_string(map.max_entries), Style::number},
               {map_remarks(map)}});
  }
  if (!table.empty()) {
    table.print(out, 2);
  }
  for (const MapSpec& map : spec.maps) {
    show_map_details(spec, map, out);
  }
}

void show_variables(const ObjectSpec& spec, Output& out) {
  if (spec.variables.empty()) {
    return;
  }
  out.heading(counted("variables", spec.variables.size()));
  Table table({"section", "declaration", ">bytes", "initial value"});
  for (const VariableSpec& variable : spec.variables) {
    table.row(
        {{variable.section},
         {c_declaration(spec, variable), Style::name},
         {std::to_string(variable.size_bytes), Style::number},
         {value_text(value_types(spec), variable.type_id, initial_bytes(spec, variable)), Style::number}});
  }
  table.print(out, 2);
}

void show_externs(const ObjectSpec& spec, Output& out) {
  if (spec.externs.empty()) {
    return;
  }
  out.heading(counted("externs", spec.externs.size()));
  Table table({"name", "kind", "type", ""});
  for (const ExternSpec& one : spec.externs) {
    table.row({{one.name, Style::name},
               {std::string(word(one.kind))},
               {c_type(spec.btf.get(), one.type_id), Style::type},
               {one.is_weak ? "weak" : ""}});
  }
  table.print(out, 2);
}

/// One line per thing that is named: how often, and in which functions.
void show_relocations(const ObjectSpec& spec, Output& out) {
  struct Use {
    std::size_t times = 0;
    std::vector<std::string> functions;
  };
  std::map<std::string, Use> uses;
  std::size_t all = 0;
  for (const FunctionSpec& function : spec.functions) {
    for (const Relocation& relocation : function.relocations) {
      Use& use = uses[target_text(spec, relocation)];
      ++use.times;
      ++all;
      if (use.functions.empty() || use.functions.back() != function.name) {
        use.functions.push_back(function.name);
      }
    }
  }
  if (all == 0) {
    return;
  }
  out.heading(counted("relocations", all));
  Table table({"names", ">times", "in"});
  for (auto& [target, use] : uses) {
    constexpr std::size_t most_functions = 6;
    const std::size_t more =
        use.functions.size() > most_functions ? use.functions.size() - most_functions : 0;
    use.functions.resize(use.functions.size() - more);
    table.row({{target, Style::name},
               {std::to_string(use.times), Style::number},
               {cat(join(use.functions, ", "), more == 0 ? "" : cat(" and ", more, " more"))}});
  }
  table.print(out, 2);
}

std::string kinds_text(const btf::Btf& btf) {
  std::map<std::string_view, u32> counts;
  for (u32 id = btf.first_id(); id < btf.type_count(); ++id) {
    ++counts[btf::name_of(btf.kind(id))];
  }
  std::vector<std::string> parts;
  for (const auto& [kind, count] : counts) {
    parts.push_back(cat(count, " ", kind));
  }
  return join(parts, ", ");
}

void show_types(const ObjectSpec& spec, Output& out) {
  std::size_t core = 0;
  for (const FunctionSpec& function : spec.functions) {
    core += function.core_relocations.size();
  }
  if (core > 0) {
    out.heading(counted("CO-RE relocations", core));
  }
  if (spec.btf == nullptr) {
    out.line("\nno BTF: compile with -g to have C types here");
    return;
  }
  out.heading(counted("types", spec.btf->type_count() - spec.btf->first_id()));
  out.line(cat("  ", kinds_text(*spec.btf)));
}

}  // namespace

void inspect_text(const ObjectSpec& spec, Code code, Output& out) {
  const std::string_view order = spec.byte_order == std::endian::little ? "little-endian" : "big-endian";
  out.line(cat(out.paint(Style::title, spec.path), ": BPF object, ", order, ", ",
               spec.license.empty() ? "no license" : cat("license \"", spec.license, "\"")));
  show_programs(spec, out);
  show_maps(spec, out);
  show_variables(spec, out);
  show_externs(spec, out);
  show_relocations(spec, out);
  show_types(spec, out);
  if (!spec.oddities.empty()) {
    out.heading(counted("odd", spec.oddities.size()));
    for (const std::string& oddity : spec.oddities) {
      out.line(cat("  ", oddity));
    }
  }
  if (code == Code::show) {
    disassemble_text(spec, out);
  }
}

}  // namespace skep::cli

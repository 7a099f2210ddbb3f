#include <map>

#include "btf/btf.h"
#include "cli/inspect.h"
#include "cli/words.h"

namespace skep::cli {

namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

std::string_view btf_string(const ObjectSpec& spec, u32 offset) {
  return spec.btf != nullptr && spec.btf->has_string(offset) ? spec.btf->string(offset) : std::string_view{};
}

Json programs_json(const ObjectSpec& spec) {
  Json programs = Json::array();
  for (const ProgramSpec& program : spec.programs) {
    Json functions = Json::array();
    for (const u32 function : functions_reached(spec, program.function)) {
      functions.push_back(spec.functions[function].name);
    }
    programs.push_back(
        {{"name", program.name},
         {"section", program.section},
         {"type", word(program.type)},
         {"attach_type", text_or_null(attach_word(program.type, program.expected_attach_type))},
         {"attach_target", text_or_null(program.attach_target)},
         {"flags", program.flags},
         {"insns", spec.code_of(program).insns.size()},
         {"reaches", functions},
         {"autoload", program.autoload}});
  }
  return programs;
}

Json map_json(const ObjectSpec& spec, const MapSpec& map) {
  const btf::Btf* types = map.style == MapStyle::data ? nullptr : spec.btf.get();
  Json slots = Json::array();
  for (const SlotSpec& slot : map.slots) {
    const bool is_map = slot.target == SlotSpec::Target::map;
    slots.push_back(
        {{"index", slot.index},
         {"kind", is_map ? "map" : "program"},
         {"name", is_map ? spec.maps[slot.target_index].name : spec.programs[slot.target_index].name}});
  }
  Json members = Json::array();
  for (const MemberSpec& member : map.members) {
    members.push_back({{"member", member_name(spec, map, member)},
                       {"offset", member.offset},
                       {"program", spec.programs[member.program].name}});
  }
  return {{"name", map.name},
          {"section", map.section},
          {"style", word(map.style)},
          {"type", word(map.type)},
          {"key_type", text_or_null(c_type(types, map.key_type_id))},
          {"value_type", text_or_null(c_type(types, map.value_type_id))},
          {"key_bytes", map.key_bytes},
          {"value_bytes", map.value_bytes},
          {"max_entries", map.max_entries},
          {"flags", map.flags},
          {"map_extra", map.map_extra},
          {"numa_node", map.numa_node ? Json(*map.numa_node) : Json(nullptr)},
          {"pinning", map.pinning == Pinning::by_name ? "by_name" : "none"},
          {"inner", map.inner == nullptr ? Json(nullptr) : map_json(spec, *map.inner)},
          {"slots", slots},
          {"members", members},
          {"autocreate", map.autocreate}};
}

Json variables_json(const ObjectSpec& spec) {
  Json variables = Json::array();
  for (const VariableSpec& variable : spec.variables) {
    variables.push_back(
        {{"name", variable.name},
         {"section", variable.section},
         {"offset", variable.offset},
         {"bytes", variable.size_bytes},
         {"type", text_or_null(c_type(spec.btf.get(), variable.type_id))},
         {"static", variable.is_static},
         {"value", value_json(value_types(spec), variable.type_id, initial_bytes(spec, variable))}});
  }
  return variables;
}

Json externs_json(const ObjectSpec& spec) {
  Json externs = Json::array();
  for (const ExternSpec& one : spec.externs) {
    externs.push_back({{"name", one.name},
                       {"kind", word(one.kind)},
                       {"type", text_or_null(c_type(spec.btf.get(), one.type_id))},
                       {"weak", one.is_weak}});
  }
  return externs;
}

Json code_json(const ObjectSpec& spec, const FunctionSpec& function) {
  Json lines = Json::array();
  for (const CodeLine& line : code_lines(spec, function)) {
    Json source = nullptr;
    if (line.line != nullptr) {
      source = {{"file", btf_string(spec, line.line->file_name_off)},
                {"line", BPF_LINE_INFO_LINE_NUM(line.line->line_col)},
                {"column", BPF_LINE_INFO_LINE_COL(line.line->line_col)},
                {"text", btf_string(spec, line.line->line_off)}};
    }
    lines.push_back({{"insn", line.insn}, {"text", line.text}, {"names", line.notes}, {"source", source}});
  }
  return lines;
}

Json functions_json(const ObjectSpec& spec, Code code) {
  Json functions = Json::array();
  for (const FunctionSpec& function : spec.functions) {
    Json relocations = Json::array();
    for (const Relocation& relocation : function.relocations) {
      relocations.push_back({{"insn", relocation.insn_index},
                             {"kind", word(relocation.kind)},
                             {"target", target_name(spec, relocation)},
                             {"offset", relocation.offset}});
    }
    Json one = {{"name", function.name},
                {"section", function.section},
                {"section_offset", function.section_offset},
                {"insns", function.insns.size()},
                {"global", function.is_global},
                {"relocations", relocations},
                {"core_relocations", function.core_relocations.size()}};
    if (code == Code::show) {
      one.set("code", code_json(spec, function));
    }
    functions.push_back(one);
  }
  return functions;
}

Json btf_json(const ObjectSpec& spec) {
  if (spec.btf == nullptr) {
    return nullptr;
  }
  std::map<std::string_view, u32> counts;
  for (u32 id = spec.btf->first_id(); id < spec.btf->type_count(); ++id) {
    ++counts[btf::name_of(spec.btf->kind(id))];
  }
  Json kinds = Json::object();
  for (const auto& [kind, count] : counts) {
    kinds.set(kind, count);
  }
  return {{"types", spec.btf->type_count() - spec.btf->first_id()}, {"kinds", kinds}};
}

}  // namespace

Json inspect_json(const ObjectSpec& spec, Code code) {
  Json maps = Json::array();
  for (const MapSpec& map : spec.maps) {
    maps.push_back(map_json(spec, map));
  }
  return {{"file", spec.path},
          {"byte_order", spec.byte_order == std::endian::little ? "little" : "big"},
          {"license", text_or_null(spec.license)},
          {"kernel_version", spec.kernel_version},
          {"programs", programs_json(spec)},
          {"maps", maps},
          {"variables", variables_json(spec)},
          {"externs", externs_json(spec)},
          {"functions", functions_json(spec, code)},
          {"btf", btf_json(spec)},
          {"oddities", spec.oddities}};
}

}  // namespace skep::cli

// `skep inspect`: reads objects and shows them; asks no kernel.
#include "cli/inspect.h"

#include "base/text.h"
#include "cli/verbs.h"

namespace skep::cli {

Status inspect(const Arguments& arguments, Output& out) {
  const Code code = arguments.has("disasm") ? Code::show : Code::hide;
  Status status = Status::ok;
  bool first = true;
  for (const std::string& path : arguments.words()) {
    const auto spec = ObjectSpec::read_file(path);
    if (!spec) {
      out.complain(spec.error().message());
      status = worst(status, status_of(spec.error().code(), Phase::reading));
      continue;
    }
    std::optional<CoreReport> core;
    if (arguments.has("core")) {
      core = report_core(*spec, arguments);
      if (core->error) {
        out.complain(cat(path, ": ", core->error->message()));
        status = worst(status,
                       arguments.text("btf") ? status_of(core->error->code(), Phase::reading) : Status::ok);
      }
    }
    if (out.is_json()) {
      Json document = inspect_json(*spec, code);
      if (core) {
        document.set("core", core_json(*spec, *core));
      }
      out.json(document);
      continue;
    }
    if (!first) {
      out.line();
    }
    first = false;
    inspect_text(*spec, code, out);
    if (core) {
      core_text(*spec, *core, out);
    }
  }
  return status;
}

std::vector<u32> functions_reached(const ObjectSpec& spec, u32 function) {
  std::vector<u32> order;
  std::vector<bool> met(spec.functions.size());
  std::vector<u32> pending = {function};
  met[function] = true;
  while (!pending.empty()) {
    const u32 at = pending.back();
    pending.pop_back();
    if (at != function) {
      order.push_back(at);
    }
    const auto& relocations = spec.functions[at].relocations;
    for (auto relocation = relocations.rbegin(); relocation != relocations.rend(); ++relocation) {
      const bool is_function = relocation->kind == RelocationKind::subprogram_call ||
                               relocation->kind == RelocationKind::subprogram_address;
      if (is_function && relocation->target < met.size() && !met[relocation->target]) {
        met[relocation->target] = true;
        pending.push_back(relocation->target);
      }
    }
  }
  return order;
}

std::string target_name(const ObjectSpec& spec, const Relocation& relocation) {
  switch (relocation.kind) {
    case RelocationKind::map_fd:
    case RelocationKind::map_value: return spec.maps[relocation.target].name;
    case RelocationKind::subprogram_call:
    case RelocationKind::subprogram_address: return spec.functions[relocation.target].name;
    case RelocationKind::extern_variable:
    case RelocationKind::extern_function:
    case RelocationKind::extern_function_address: return spec.externs[relocation.target].name;
    case RelocationKind::jump_table: return spec.jump_tables[relocation.target].name;
  }
  return {};
}

std::string target_text(const ObjectSpec& spec, const Relocation& relocation) {
  switch (relocation.kind) {
    case RelocationKind::map_fd: return cat("map '", target_name(spec, relocation), "'");
    case RelocationKind::map_value: break;
    case RelocationKind::subprogram_call: return cat("function '", target_name(spec, relocation), "'");
    case RelocationKind::subprogram_address:
      return cat("address of function '", target_name(spec, relocation), "'");
    case RelocationKind::extern_variable: return cat("extern variable '", target_name(spec, relocation), "'");
    case RelocationKind::extern_function: return cat("extern function '", target_name(spec, relocation), "'");
    case RelocationKind::jump_table: return cat("jump table '", target_name(spec, relocation), "'");
    case RelocationKind::extern_function_address:
      return cat("address of extern function '", target_name(spec, relocation), "'");
  }
  const MapSpec& map = spec.maps[relocation.target];
  for (const VariableSpec& variable : spec.variables) {
    if (variable.map == relocation.target && relocation.offset >= variable.offset &&
        relocation.offset - variable.offset < variable.size_bytes) {
      const u32 inside = relocation.offset - variable.offset;
      return cat("variable '", variable.name, "'", inside == 0 ? "" : cat("+", inside), " (",
                 variable.section, "+", relocation.offset, ")");
    }
  }
  return cat(map.section.empty() ? map.name : map.section, "+", relocation.offset);
}

}  // namespace skep::cli

// What an object needs, read off it: its maps, its programs' types, and every instruction of their code.
#include <algorithm>
#include <map>
#include <tuple>

#include "base/text.h"
#include "host/rights.h"
#include "needs/config.h"
#include "needs/flatten.h"
#include "needs/insn_set.h"
#include "needs/kfuncs.h"
#include "needs/map_fields.h"
#include "needs/since.h"
#include "skep/uapi/helpers.h"

namespace skep::needs {
namespace {

/// Collects the needs of one program.
class Collector {
 public:
  Collector(const ObjectSpec& spec, const ProgramSpec& program)
      : spec_(spec), program_(program), has_map_(spec.maps.size()) {}

  ProgramNeeds run() {
    made_.program = program_.name;
    made_.section = program_.section;
    made_.type = program_.type;
    add_once(made_.config, "CONFIG_BPF_SYSCALL");
    add_once(made_.capabilities, "CAP_BPF");
    kind_of_program();
    const FlatProgram flat = flatten(spec_, program_.function);
    const std::vector<bool> always = reached({.insns = flat.insns,
                                              .addresses = flat.addresses,
                                              .routines = flat.routines,
                                              .byte_order = spec_.byte_order});
    code(flat, always);
    names_in(flat, always);
    finish();
    return std::move(made_);
  }

  bool uses_kernel_types() const { return uses_kernel_types_; }

 private:
  void add(Need need) {
    if (need.name.empty()) {
      return;
    }
    const auto [at, is_new] = index_.try_emplace({need.kind, need.name}, made_.needs.size());
    if (is_new) {
      made_.needs.push_back(std::move(need));
    } else if (made_.needs[at->second].guarded && !need.guarded) {
      made_.needs[at->second] = std::move(need);
    }
  }

  void kind_of_program() {
    const std::string section = cat("section '", program_.section, "'");
    add({.kind = NeedKind::program_type,
         .name = std::string(name_of(prog_type_names, program_.type)),
         .since = since(program_types_since, program_.type),
         .why = section});
    const bool has_attach_type =
        program_.expected_attach_type != 0 || program_.type == BPF_PROG_TYPE_CGROUP_SKB;
    if (has_attach_type && !program_.expected_attach_type_is_optional) {
      add({.kind = NeedKind::attach_type,
           .name = std::string(name_of(attach_type_names, program_.expected_attach_type)),
           .since = since(attach_types_since, program_.expected_attach_type),
           .why = section});
    }
    for (const FlagRow& flag : prog_load_flags) {
      if ((program_.flags & flag.bit) != 0) {
        const bool sleeps = flag.bit == BPF_F_SLEEPABLE;
        add({.kind = NeedKind::program_flag,
             .name = std::string(flag.name),
             .since = sleeps ? sleepable_since(program_.type, program_.expected_attach_type)
                             : since(program_flags_since, static_cast<u32>(flag.bit)),
             .why = section});
      }
    }
    for (const std::string_view option : config_of(program_)) {
      add_once(made_.config, option);
    }
    if (host::needs_perfmon(program_.type)) {
      add_once(made_.capabilities, "CAP_PERFMON");
    }
    if (host::needs_net_admin(program_.type)) {
      add_once(made_.capabilities, "CAP_NET_ADMIN");
    }
    uses_kernel_types_ |= program_.needs_attach_target || program_.type == BPF_PROG_TYPE_STRUCT_OPS;
    if (program_.exception_callback) {
      add({.kind = NeedKind::feature, .name = "exception callbacks", .since = {6, 7}, .why = section});
    }
    for (std::size_t i = 0; i < spec_.maps.size(); ++i) {
      const MapSpec& table = spec_.maps[i];
      const auto is_it = [&](const MemberSpec& member) {
        return member.program < spec_.programs.size() && &spec_.programs[member.program] == &program_;
      };
      if (table.autocreate && std::ranges::any_of(table.members, is_it)) {
        has_map_[i] = true;
        map(table, false, {});
      }
    }
  }

  void map(const MapSpec& map, bool guarded, const Place& where) {
    const std::string why = cat("map '", map.name, "'");
    add({.kind = NeedKind::map_type,
         .name = std::string(name_of(map_type_names, map.type)),
         .since = since(map_types_since, map.type),
         .why = why,
         .guarded = guarded,
         .where = where});
    for (const FlagRow& flag : map_create_flags) {
      if ((map.flags & flag.bit) != 0) {
        add({.kind = NeedKind::map_flag,
             .name = std::string(flag.name),
             .since = since(map_flags_since, static_cast<u32>(flag.bit)),
             .why = why,
             .guarded = guarded ||
                        (flag.bit == BPF_F_MMAPABLE && map.style == MapStyle::data) ||  // see host/features.h
                        flag.bit == BPF_F_LINK,  // done without on kernels that lack it
             .where = where});
      }
    }
    if (spec_.btf != nullptr && map.value_type_id != 0) {
      for (const MapFieldRow& field : special_fields(*spec_.btf, map.value_type_id)) {
        add({.kind = NeedKind::map_field,
             .name = std::string(field.name),
             .since = field.since,
             .why = why,
             .guarded = guarded,
             .where = where});
      }
    }
    for (const std::string_view option : config_of(map.type)) {
      add_once(made_.config, option);
    }
    if (host::needs_net_admin(map.type)) {
      add_once(made_.capabilities, "CAP_NET_ADMIN");
    }
    if (map.inner != nullptr) {
      this->map(*map.inner, guarded, where);
    }
  }

  Need at_insn(NeedKind kind, std::string_view name, Release release, const FlatProgram& flat, u32 insn,
               bool guarded) const {
    Place where = place_of(spec_, flat.sources[insn]);
    std::string why = where.line != 0 ? cat(where.file, ":", where.line)
                                      : cat("function '", where.function, "', instruction ", where.insn);
    return {.kind = kind,
            .name = std::string(name),
            .since = release,
            .why = std::move(why),
            .guarded = guarded,
            .where = std::move(where)};
  }

  void helper(const FlatProgram& flat, u32 i, bool guarded) {
    const bpf_insn& insn = flat.insns[i];
    const HelperRow* row = find_helper(static_cast<u32>(insn.imm));
    if (row == nullptr) {
      add(at_insn(NeedKind::helper, cat("helper ", insn.imm), {}, flat, i, guarded));
      return;
    }
    add(at_insn(NeedKind::helper, cat("bpf_", row->name), parse_release(row->since).value_or(Release{}), flat,
                i, guarded));
    for (const std::string_view option : config_of_helper(row->id)) {
      add_once(made_.config, option);
    }
    if (row->id == BPF_FUNC_probe_write_user) {
      add_once(made_.capabilities, "CAP_SYS_ADMIN");
    }
    if (row->name.starts_with("probe_read") || row->id == BPF_FUNC_trace_printk ||
        row->id == BPF_FUNC_trace_vprintk) {
      add_once(made_.capabilities, "CAP_PERFMON");
    }
  }

  void code(const FlatProgram& flat, const std::vector<bool>& always) {
    for (u32 i = 0; i < flat.insns.size(); ++i) {
      const bpf_insn& insn = flat.insns[i];
      const InsnFeature feature = feature_of(insn);
      if (!feature.name.empty()) {
        made_.instruction_set = std::max(made_.instruction_set, feature.cpu);
        add(at_insn(NeedKind::instruction, feature.name, feature.since, flat, i,
                    !feature.anywhere && !always[i]));
      }
      if (BPF_CLASS(insn.code) == BPF_ALU && BPF_OP(insn.code) != BPF_END) {
        made_.instruction_set = std::max(made_.instruction_set, u32{3});
      }
      shape(flat, i, always[i]);
      i += insn::is_ld_imm64(insn) ? 1 : 0;
    }
    if (flat.insns.size() > BPF_MAXINSNS) {
      add({.kind = NeedKind::feature,
           .name = "more than 4096 instructions",
           .since = {5, 2},
           .why = cat("program '", program_.name, "' has ", flat.insns.size())});
    }
  }

  /// Calls, loops and callbacks.
  void shape(const FlatProgram& flat, u32 i, bool is_reached) {
    const bpf_insn& insn = flat.insns[i];
    const auto feature = [&](std::string_view name, Release release) {
      add(at_insn(NeedKind::feature, name, release, flat, i, !is_reached));
    };
    if (insn::is_call_helper(insn)) {
      helper(flat, i, !is_reached);
      if (insn.imm == BPF_FUNC_tail_call && flat.functions.size() > 1) {
        feature("tail calls in programs with subprograms", {5, 10});
      }
    } else if (insn::is_call_subprog(insn)) {
      feature("calls between functions", {4, 16});
    } else if (insn::is_func_addr(insn)) {
      feature("callbacks", {5, 13});
    } else if (const auto target = insn::jump_target(insn, i);
               target && *target <= s64{i} && !insn::is_may_goto(insn)) {
      feature("bounded loops", {5, 3});
    }
  }

  /// Maps, externs, and functions that the verifier takes by themselves.
  void names_in(const FlatProgram& flat, const std::vector<bool>& always) {
    for (std::size_t r = 0; r < flat.routines.size(); ++r) {
      const FunctionSpec& function = spec_.functions[flat.functions[r]];
      if (r > 0 && function.is_global && function.type_id != 0) {
        add(at_insn(NeedKind::feature, "global functions", {5, 6}, flat, flat.routines[r].first_insn, true));
      }
      uses_kernel_types_ |= !function.core_relocations.empty();
      for (const Relocation& relocation : function.relocations) {
        const u32 at = flat.routines[r].first_insn + relocation.insn_index;
        if (relocation.insn_index < function.insns.size()) {
          name(flat, relocation, at, !always[at]);
        }
      }
    }
  }

  void name(const FlatProgram& flat, const Relocation& relocation, u32 at, bool guarded) {
    switch (relocation.kind) {
      case RelocationKind::map_value:
        add(at_insn(NeedKind::feature, "global data", {5, 2}, flat, at, false));
        [[fallthrough]];
      case RelocationKind::map_fd:
        if (relocation.target < spec_.maps.size() && !has_map_[relocation.target]) {
          has_map_[relocation.target] = true;
          // A map is made whether or not the code that uses it is reached.
          map(spec_.maps[relocation.target], false, place_of(spec_, flat.sources[at]));
        }
        break;
      case RelocationKind::extern_variable:
      case RelocationKind::extern_function:
      case RelocationKind::extern_function_address:
        if (relocation.target < spec_.externs.size()) {
          extern_(flat, spec_.externs[relocation.target], at, guarded);
        }
        break;
      case RelocationKind::jump_table:
        add(at_insn(NeedKind::map_type, name_of(map_type_names, BPF_MAP_TYPE_INSN_ARRAY),
                    since(map_types_since, BPF_MAP_TYPE_INSN_ARRAY), flat, at, false));
        break;
      default: break;
    }
  }

  void extern_(const FlatProgram& flat, const ExternSpec& wanted, u32 at, bool guarded) {
    const bool optional = guarded || wanted.is_weak;
    if (wanted.kind == ExternSpec::Kind::kconfig) {
      if (!wanted.is_weak && wanted.name.starts_with("CONFIG_")) {
        add_once(made_.config, wanted.name);
      }
      return;
    }
    if (wanted.kind == ExternSpec::Kind::ksym_function) {
      add_once(made_.config, "CONFIG_BPF_JIT");
      add(at_insn(NeedKind::feature, "calls of kernel functions", {5, 13}, flat, at, optional));
      const Release known = kernel_function_since(wanted.name.substr(0, wanted.name.find("___")));
      add(at_insn(NeedKind::kernel_function, wanted.name, known, flat, at, optional));
      uses_kernel_types_ = true;
      return;
    }
    if (wanted.type_id != 0) {
      add(at_insn(NeedKind::feature, "typed kernel variables", {5, 10}, flat, at, optional));
      uses_kernel_types_ = true;
    } else {
      add_once(made_.config, "CONFIG_KALLSYMS");
    }
    add(at_insn(NeedKind::kernel_variable, wanted.name, {}, flat, at, optional));
  }

  void finish() {
    if (uses_kernel_types_) {
      add_once(made_.config, "CONFIG_DEBUG_INFO_BTF");
    }
    std::ranges::stable_sort(made_.needs, {},
                             [](const Need& need) { return std::tie(need.since, need.name); });
    for (const Need& need : made_.needs) {
      if (!need.guarded) {
        made_.least = std::max(made_.least, need.since);
      }
    }
    std::ranges::sort(made_.config);
    std::ranges::sort(made_.capabilities);
  }

  const ObjectSpec& spec_;
  const ProgramSpec& program_;
  ProgramNeeds made_;
  std::map<std::pair<NeedKind, std::string>, std::size_t> index_;
  std::vector<bool> has_map_;
  bool uses_kernel_types_ = false;
};

/// The needs that raise the least release, one per release.
std::vector<Need> steps_of(const std::vector<ProgramNeeds>& programs) {
  std::vector<Need> all;
  for (const ProgramNeeds& program : programs) {
    for (const Need& need : program.needs) {
      if (!need.guarded && need.since.is_known()) {
        all.push_back(need);
      }
    }
  }
  std::ranges::stable_sort(all, {}, &Need::since);
  const auto repeated = std::ranges::unique(all, {}, &Need::since);
  all.erase(repeated.begin(), repeated.end());
  return all;
}

}  // namespace

ObjectNeeds requirements(const ObjectSpec& spec) {
  ObjectNeeds made;
  for (const ProgramSpec& program : spec.programs) {
    if (!program.autoload || program.function >= spec.functions.size()) {
      continue;
    }
    Collector collector(spec, program);
    made.programs.push_back(collector.run());
    const ProgramNeeds& needs = made.programs.back();
    made.least = std::max(made.least, needs.least);
    made.needs_kernel_types |= collector.uses_kernel_types();
    for (const std::string& option : needs.config) {
      add_once(made.config, option);
    }
    for (const std::string& right : needs.capabilities) {
      add_once(made.capabilities, right);
    }
  }
  std::ranges::sort(made.config);
  std::ranges::sort(made.capabilities);
  made.steps = steps_of(made.programs);
  return made;
}

}  // namespace skep::needs

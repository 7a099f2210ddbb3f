// Programs: an entry function followed by what it reaches, with calls between the copies and slots for descriptors.
#include <algorithm>

#include "base/result.h"
#include "host/attach_target.h"
#include "insn/build.h"
#include "load/plan_steps.h"
#include "object/section_names.h"

namespace skep::load {
namespace {

/// Where the functions of the program at hand have been placed. One table serves all programs: an entry counts only when its mark is this program's.
struct Placement {
  std::vector<u32> mark;
  std::vector<u32> first_insn;
  u32 current = 0;

  explicit Placement(std::size_t functions) : mark(functions), first_insn(functions) {}
  void begin_program() { ++current; }
  bool has(u32 function) const { return mark[function] == current; }
  void put(u32 function, u32 at) {
    mark[function] = current;
    first_insn[function] = at;
  }
};

bool is_wide_load(const FunctionSpec& function, u32 insn) {
  return u64{insn} + 1 < function.insns.size() && function.insns[insn].code == (BPF_LD | BPF_DW | BPF_IMM);
}

bool is_call(const FunctionSpec& function, u32 insn) {
  return insn < function.insns.size() && function.insns[insn].code == (BPF_JMP | BPF_CALL);
}

/// What programs need to know of the maps, by index into ObjectSpec::maps.
struct MapStates {
  std::vector<std::string> absent;  ///< why it is not created; empty for those that are
  std::vector<u32> data_offset;     ///< where variables begin in it
};

/// Builds one ProgramPlan.
class Assembler {
 public:
  Assembler(const ObjectSpec& spec, const MapStates& maps, Placement& placement, ProgramPlan& plan,
            u64& planned_insns)
      : spec_(spec), maps_(maps), placement_(placement), plan_(plan), planned_insns_(planned_insns) {}

  /// Appends `entry`, and after it depth-first what it reaches: a function is appended where the first call (or taken address) of it stands, and its own calls
  /// are followed before the caller's next one.
  Result<void> assemble(const ProgramSpec& program) {
    placement_.begin_program();
    SKEP_CHECK(append(program.function));
    SKEP_CHECK(follow(0));
    if (program.exception_callback && *program.exception_callback >= spec_.functions.size()) {
      return fail(Errc::invalid, cat("exception callback: want one of the ", spec_.functions.size(),
                                     " functions, have number ", *program.exception_callback));
    }
    if (program.exception_callback && !placement_.has(*program.exception_callback)) {
      const auto piece = static_cast<u32>(plan_.pieces.size());
      SKEP_CHECK(append(*program.exception_callback));
      SKEP_CHECK(follow(piece));
    }
    std::sort(plan_.map_slots.begin(), plan_.map_slots.end(),
              [](const MapSlot& a, const MapSlot& b) { return a.insn < b.insn; });
    std::sort(plan_.causes.begin(), plan_.causes.end(),
              [](const Cause& a, const Cause& b) { return a.insn < b.insn; });
    std::sort(plan_.extern_slots.begin(), plan_.extern_slots.end(),
              [](const ExternSlot& a, const ExternSlot& b) { return a.insn < b.insn; });
    return {};
  }

 private:
  /// Relocates a piece, and appends what it reaches.
  Result<void> follow(u32 first_piece) {
    struct Frame {
      u32 piece;
      u32 next_relocation;
    };
    std::vector<Frame> stack{{.piece = first_piece, .next_relocation = 0}};
    while (!stack.empty()) {
      Frame& top = stack.back();
      const FunctionSpec& function = spec_.functions[plan_.pieces[top.piece].function];
      if (top.next_relocation == function.relocations.size()) {
        stack.pop_back();
        continue;
      }
      const u32 piece = top.piece;
      const Relocation& relocation = function.relocations[top.next_relocation++];
      const std::size_t pieces_before = plan_.pieces.size();
      SKEP_CHECK_IN(cat("function '", function.name, "': instruction ", relocation.insn_index),
                    relocate(piece, function, relocation));
      if (plan_.pieces.size() > pieces_before) {
        stack.push_back({.piece = static_cast<u32>(pieces_before), .next_relocation = 0});
      }
    }
    return {};
  }

  Result<void> append(u32 index) {
    const FunctionSpec& function = spec_.functions[index];
    const u64 length = plan_.insns.size() + function.insns.size();
    if (length > BPF_COMPLEXITY_LIMIT_INSNS) {
      return fail(Errc::invalid, cat("with '", function.name, "' the program has ", length,
                                     " instructions; the kernel takes at most ", BPF_COMPLEXITY_LIMIT_INSNS));
    }
    planned_insns_ += function.insns.size();
    if (planned_insns_ > max_planned_insns) {
      return fail(Errc::unsupported,
                  cat("the object's programs, each with its own copy of what it calls, have more than ",
                      max_planned_insns, " instructions together"));
    }
    SKEP_TRY(const auto code, plan_.core->code(spec_, index));
    const auto at = static_cast<u32>(plan_.insns.size());
    placement_.put(index, at);
    plan_.insns.insert(plan_.insns.end(), code.begin(), code.end());
    plan_.pieces.push_back(
        {.function = index, .first_insn = at, .insn_count = static_cast<u32>(function.insns.size())});
    return {};
  }

  Result<void> relocate(u32 piece, const FunctionSpec& function, const Relocation& relocation) {
    const u32 insn = plan_.pieces[piece].first_insn + relocation.insn_index;
    switch (relocation.kind) {
      case RelocationKind::map_fd:
      case RelocationKind::map_value: return refer_to_map(function, relocation, insn);
      case RelocationKind::subprogram_call:
      case RelocationKind::subprogram_address: return refer_to_function(function, relocation, insn);
      case RelocationKind::extern_variable:
      case RelocationKind::extern_function:
      case RelocationKind::extern_function_address: return refer_to_extern(function, relocation, insn);
      case RelocationKind::jump_table: return refer_to_jump_table(piece, function, relocation, insn);
    }
    std::unreachable();
  }

  Result<void> refer_to_map(const FunctionSpec& function, const Relocation& relocation, u32 insn) {
    if (!is_wide_load(function, relocation.insn_index)) {
      return fail(Errc::invalid, "want an ld_imm64 to take a map, have another instruction");
    }
    if (relocation.target >= spec_.maps.size()) {
      return fail(Errc::invalid,
                  cat("want one of the ", spec_.maps.size(), " maps, have number ", relocation.target));
    }
    if (!maps_.absent[relocation.target].empty()) {
      // Calls, because both halves of the load must be instructions that no verifier takes, and a call is refused by its number.
      const bpf_insn poison =
          insn::make(BPF_JMP | BPF_CALL, 0, 0, 0, poisoned_map_call + static_cast<s32>(relocation.target));
      plan_.insns[insn] = poison;
      plan_.insns[insn + 1] = poison;
      plan_.causes.push_back({.insn = insn, .text = maps_.absent[relocation.target]});
      return {};
    }
    const bool is_value = relocation.kind == RelocationKind::map_value;
    plan_.map_slots.push_back(
        {.insn = insn,
         .map = relocation.target,
         .kind = is_value ? MapSlot::Kind::value : MapSlot::Kind::fd,
         .offset = is_value ? relocation.offset + maps_.data_offset[relocation.target] : 0});
    return {};
  }

  /// The targets are places in the section of the function that jumps; they become places in the program.
  Result<void> refer_to_jump_table(u32 piece, const FunctionSpec& function, const Relocation& relocation,
                                   u32 insn) {
    if (!is_wide_load(function, relocation.insn_index)) {
      return fail(Errc::invalid, "want an ld_imm64 to take a jump table, have another instruction");
    }
    if (relocation.target >= spec_.jump_tables.size()) {
      return fail(Errc::invalid, cat("want one of the ", spec_.jump_tables.size(),
                                     " jump tables, have number ", relocation.target));
    }
    const Piece& here = plan_.pieces[piece];
    auto known = std::ranges::find_if(plan_.jump_tables, [&](const JumpTablePlan& table) {
      return table.function == here.function && table.table == relocation.target;
    });
    if (known == plan_.jump_tables.end()) {
      JumpTablePlan made{.function = here.function, .table = relocation.target};
      const JumpTableSpec& table = spec_.jump_tables[relocation.target];
      for (const u64 target : table.targets) {
        const u64 within = target - function.section_offset;  // wraps, and is too large then
        if (within % sizeof(bpf_insn) != 0 || within / sizeof(bpf_insn) >= function.insns.size()) {
          return fail(Errc::malformed,
                      cat("jump table '", table.name, "' leads to byte ", target, " of section ",
                          function.section, ", which is no instruction of '", function.name, "'"));
        }
        made.targets.push_back(here.first_insn + static_cast<u32>(within / sizeof(bpf_insn)));
      }
      plan_.jump_tables.push_back(std::move(made));
      known = std::prev(plan_.jump_tables.end());
    }
    plan_.jump_slots.push_back({.insn = insn,
                                .table = static_cast<u32>(known - plan_.jump_tables.begin()),
                                .offset = relocation.offset});
    return {};
  }

  Result<void> refer_to_function(const FunctionSpec& function, const Relocation& relocation, u32 insn) {
    const bool is_address = relocation.kind == RelocationKind::subprogram_address;
    if (is_address ? !is_wide_load(function, relocation.insn_index)
                   : !is_call(function, relocation.insn_index)) {
      return fail(Errc::invalid, cat("want ", is_address ? "an ld_imm64" : "a call",
                                     " to name a function, have another instruction"));
    }
    if (relocation.target >= spec_.functions.size()) {
      return fail(Errc::invalid, cat("want one of the ", spec_.functions.size(), " functions, have number ",
                                     relocation.target));
    }
    if (!placement_.has(relocation.target)) {
      SKEP_CHECK(append(relocation.target));
    }
    // Both kinds count from the instruction after the first half.
    plan_.insns[insn].imm =
        static_cast<s32>(placement_.first_insn[relocation.target]) - static_cast<s32>(insn) - 1;
    plan_.insns[insn].src_reg = is_address ? BPF_PSEUDO_FUNC : BPF_PSEUDO_CALL;
    return {};
  }

  Result<void> refer_to_extern(const FunctionSpec& function, const Relocation& relocation, u32 insn) {
    if (relocation.target >= spec_.externs.size()) {
      return fail(Errc::invalid,
                  cat("want one of the ", spec_.externs.size(), " externs, have number ", relocation.target));
    }
    const bool is_called = relocation.kind == RelocationKind::extern_function;
    if (is_called ? !is_call(function, relocation.insn_index)
                  : !is_wide_load(function, relocation.insn_index)) {
      return fail(Errc::invalid, cat("want ", is_called ? "a call" : "an ld_imm64",
                                     " to name an extern, have another instruction"));
    }
    plan_.extern_slots.push_back({.insn = insn, .target = relocation.target, .kind = relocation.kind});
    const ExternSpec& wanted = spec_.externs[relocation.target];
    if (wanted.kind != ExternSpec::Kind::kconfig) {
      return {};
    }
    return refer_to_map(function,
                        {.insn_index = relocation.insn_index,
                         .kind = RelocationKind::map_value,
                         .target = wanted.map,
                         .offset = wanted.offset},
                        insn);
  }

  const ObjectSpec& spec_;
  const MapStates& maps_;
  Placement& placement_;
  ProgramPlan& plan_;
  u64& planned_insns_;
};

/// Concatenates the records of a program's pieces, or drops them all when a piece has none: the kernel wants them for every subprogram or for none.
template <class Record>
void gather(const ObjectSpec& spec, const ProgramPlan& plan, std::vector<Record> FunctionSpec::* records,
            std::vector<Record>& all, std::string_view what, std::vector<std::string>& notes) {
  for (const Piece& piece : plan.pieces) {
    const FunctionSpec& function = spec.functions[piece.function];
    const std::vector<Record>& own = function.*records;
    if (own.empty() || own.front().insn_off != 0) {
      if (!all.empty()) {
        notes.push_back(cat("program '", spec.programs[plan.program].name, "': loaded without ", what,
                            ", which function '", function.name, "' lacks"));
      }
      all.clear();
      return;
    }
    for (Record record : own) {
      record.insn_off += piece.first_insn;
      all.push_back(record);
    }
  }
}

/// Tries the modules in turn for a target that the kernel proper does not have.
Result<bool> find_target_in_modules(const ProgramSpec& program, const host::Facts& facts, LoadPlan& plan,
                                    ProgramPlan& made) {
  const auto names = facts.module_names();
  if (!names) {
    return false;
  }
  for (const std::string& name : *names) {
    const auto types = facts.module_btf(name);
    if (!types) {
      continue;  // it has gone meanwhile
    }
    if (const auto id =
            host::seek_attach_target(**types, program.expected_attach_type, program.attach_target)) {
      made.attach_btf_id = *id;
      made.attach_module = module_index(plan, name);
      return true;
    }
  }
  return false;
}

/// "module:function", or a name that is looked for in the kernel proper first and then in every module.
Result<void> find_target(const ProgramSpec& program, const host::Facts& facts, LoadPlan& plan,
                         ProgramPlan& made) {
  const bpf_attach_type type = program.expected_attach_type;
  const std::string_view target = program.attach_target;
  const std::size_t colon = target.find(':');
  const std::string_view module =
      colon == std::string_view::npos ? std::string_view() : target.substr(0, colon);
  if (!module.empty() && module != "vmlinux") {
    SKEP_TRY(const auto types, facts.module_btf(module));
    SKEP_TRY_IN(cat("module '", module, "'"), made.attach_btf_id,
                host::find_attach_target(*types, type, target.substr(colon + 1)));
    made.attach_module = module_index(plan, module);
    return {};
  }
  SKEP_TRY(const auto types, facts.kernel_btf());
  auto id = host::find_attach_target(*types, type, module.empty() ? target : target.substr(colon + 1));
  if (!id) {
    SKEP_TRY(const bool found,
             module.empty() ? find_target_in_modules(program, facts, plan, made) : Result<bool>(false));
    return found ? Result<void>() : std::unexpected(std::move(id).error());
  }
  made.attach_btf_id = *id;
  return {};
}

/// Programs for many functions name them when they are attached; what is fixed at loading is whose functions: the kernel's own or, with "module:pattern", that module's.
Result<void> find_module_of_many(const ProgramSpec& program, const host::Facts& facts, LoadPlan& plan,
                                 ProgramPlan& made) {
  const bpf_attach_type type = program.expected_attach_type;
  const bool is_many =
      type == BPF_TRACE_FENTRY_MULTI || type == BPF_TRACE_FEXIT_MULTI || type == BPF_TRACE_FSESSION_MULTI;
  const std::string_view target = program.attach_target;
  const std::size_t colon = target.find(':');
  if (is_many && colon != std::string_view::npos && target.substr(0, colon) != "vmlinux") {
    SKEP_CHECK(facts.module_btf(target.substr(0, colon)));
    made.attach_module = module_index(plan, target.substr(0, colon));
  }
  return {};
}

Result<void> check_program(const ObjectSpec& spec, const ProgramSpec& program) {
  if (program.function >= spec.functions.size()) {
    return fail(Errc::invalid,
                cat("want one of the ", spec.functions.size(), " functions, have number ", program.function));
  }
  if (program.type == BPF_PROG_TYPE_UNSPEC) {
    const std::vector<std::string> near = object::nearest_sections(program.section);
    return fail(Errc::invalid, cat("section '", program.section, "' does not say what type of program it is",
                                   near.empty() ? "" : cat("; did you mean ", join(near, ", "), "?"),
                                   "; set ProgramSpec::type, or use a section such as \"xdp\", \"tc\", "
                                   "\"kprobe/FUNCTION\", \"tracepoint/GROUP/NAME\" or \"raw_tp/NAME\""));
  }
  return {};
}

MapStates states_of_maps(const ObjectSpec& spec, const host::Facts& facts, const LoadPlan& plan) {
  MapStates states{.absent = std::vector<std::string>(spec.maps.size()),
                   .data_offset = std::vector<u32>(spec.maps.size())};
  std::vector<std::string>& absent = states.absent;
  std::vector<bool> is_planned(spec.maps.size());
  for (const MapPlan& map : plan.maps) {
    is_planned[map.map] = true;
    states.data_offset[map.map] = map.data_offset;
  }
  for (std::size_t i = 0; i < spec.maps.size(); ++i) {
    const MapSpec& map = spec.maps[i];
    if (!map.autocreate) {
      absent[i] = cat("map '", map.name, "' is not created (autocreate is off)");
    } else if (!is_planned[i]) {
      absent[i] = cat("data section ", map.section, " is not created",
                      because_it_lacks(facts, host::Feature::global_data));
    }
  }
  return states;
}

/// Whether the program is to be loaded. A program of struct_ops is when a table that is created has it, whatever its own autoload says: the table is not complete
/// without it.
Result<bool> is_wanted(const ObjectSpec& spec, u32 program, const LoadPlan& plan, ProgramPlan& made) {
  return spec.programs[program].type == BPF_PROG_TYPE_STRUCT_OPS
             ? plan_struct_ops_program(spec, program, plan, made)
             : Result<bool>(spec.programs[program].autoload);
}

}  // namespace

Result<void> plan_programs(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan) {
  Placement placement(spec.functions.size());
  const MapStates maps = states_of_maps(spec, facts, plan);
  u64 planned_insns = 0;
  const auto core = std::make_shared<const CoreCode>(spec, facts);
  for (u32 i = 0; i < spec.programs.size(); ++i) {
    const ProgramSpec& program = spec.programs[i];
    ProgramPlan blank{.program = i, .core = core};
    const Result<bool> wanted = is_wanted(spec, i, plan, blank);
    if (wanted && !*wanted) {
      if (program.autoload) {
        plan.notes.push_back(
            cat("program '", program.name, "' is not loaded, because no struct_ops that is created has it"));
      }
      continue;
    }
    plan.programs.push_back(std::move(blank));
    ProgramPlan& made = plan.programs.back();
    Result<void> done = wanted ? check_program(spec, program) : std::unexpected(wanted.error().clone());
    if (done) {
      done = Assembler(spec, maps, placement, made, planned_insns).assemble(program);
    }
    // The target of freplace is in another program, about which the kernel at hand has to be asked.
    if (done && program.needs_attach_target && program.type != BPF_PROG_TYPE_EXT) {
      done = find_target(program, facts, plan, made);
    } else if (done) {
      done = find_module_of_many(program, facts, plan, made);
    }
    if (!done) {
      made.error = std::move(done).error().within(
          cat("program '", program.name, "' (section '", program.section, "')"));
      continue;
    }
    if (spec.btf != nullptr) {
      gather(spec, made, &FunctionSpec::func_info, made.func_info, "function types (func_info)", plan.notes);
      gather(spec, made, &FunctionSpec::line_info, made.line_info, "source lines (line_info)", plan.notes);
    }
  }
  return {};
}

}  // namespace skep::load

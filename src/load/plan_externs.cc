// Externs: gathered from all programs, looked up together, and put into the instructions that name them.
#include "load/externs.h"

#include <algorithm>

#include "btf/declare.h"
#include "insn/build.h"
#include "load/plan_steps.h"
#include "object/source_place.h"

namespace skep::load {
namespace {

using Form = ExternAnswer::Form;

/// Earlier kernels know BPF_PSEUDO_BTF_ID for variables only.
constexpr host::Release first_with_function_addresses{.major = 6, .minor = 4};

std::string_view noun(ExternSpec::Kind kind) {
  switch (kind) {
    case ExternSpec::Kind::kconfig: return "configuration value";
    case ExternSpec::Kind::ksym_variable: return "kernel variable";
    case ExternSpec::Kind::ksym_function: return "kernel function";
  }
  std::unreachable();
}

/// What to do about an extern that has no value.
std::string_view way_out(ExternSpec::Kind kind) {
  switch (kind) {
    case ExternSpec::Kind::kconfig:
      return "Declare it with a C type that fits the option's value, or __weak if it may be missing (it is 0 "
             "then).";
    case ExternSpec::Kind::ksym_variable:
      return "Declare it as the kernel does, or __weak if it may be missing: `if (&name)` tells.";
    case ExternSpec::Kind::ksym_function:
      return "Declare it as the kernel does, or __weak if it may be missing, and call it only where "
             "bpf_ksym_exists() says yes.";
  }
  std::unreachable();
}

/// "kernel function 'f' (extern int f(int) __ksym)".
std::string describe(const ObjectSpec& spec, const ExternSpec& wanted) {
  std::string text = cat(noun(wanted.kind), " '", wanted.name, "'");
  const bool is_typeless = wanted.kind == ExternSpec::Kind::ksym_variable && wanted.type_id == 0;
  if (is_typeless || spec.btf == nullptr || wanted.type_id >= spec.btf->type_count()) {
    return text;
  }
  return cat(text, " (extern ", btf::declaration(*spec.btf, wanted.type_id, wanted.name),
             wanted.kind == ExternSpec::Kind::kconfig ? " __kconfig" : " __ksym",
             wanted.is_weak ? " __weak)" : ")");
}

/// "function 'f', prog.c:12: `if (x)`", as far as the object tells.
std::string place_text(const ObjectSpec& spec, const Origin& origin) {
  const FunctionSpec& function = spec.functions[origin.function];
  const object::SourcePlace place = object::source_place(spec, function, origin.insn);
  if (place.file.empty()) {
    return cat("function '", function.name, "': instruction ", origin.insn);
  }
  const std::string text = cat("function '", function.name, "', ", place.file_name(), ":", place.line);
  return place.source.empty() ? text : cat(text, " (", place.source, ")");
}

/// Rewrites the instructions of one program.
class Rewriter {
 public:
  Rewriter(ExternSearch& search, ProgramPlan& program) : search_(search), program_(program) {}

  Result<void> rewrite_all() {
    for (const ExternSlot& slot : program_.extern_slots) {
      const ExternAnswer& answer = search_.answers[slot.target];
      if (answer.form == Form::error) {
        const Origin origin = program_.origin(search_.spec, slot.insn);
        const ExternSpec& wanted = search_.spec.externs[slot.target];
        const Error& cause = *answer.error;
        return std::unexpected(Error(cause.code(),
                                     cat(cause.message(), "\n  way out: ", way_out(wanted.kind)),
                                     cause.sys_errno())
                                   .within(cat("needs the ", describe(search_.spec, wanted)))
                                   .within(place_text(search_.spec, origin)));
      }
      rewrite(slot, answer);
    }
    std::ranges::stable_sort(program_.causes, {}, &Cause::insn);
    return {};
  }

 private:
  void rewrite(const ExternSlot& slot, const ExternAnswer& answer) {
    switch (answer.form) {
      case Form::absent: forgo(slot, answer.reason); return;
      case Form::address: set_wide(slot.insn, 0, answer.address); return;
      case Form::type: refer_to_type(slot, answer); return;
      case Form::not_asked:
      case Form::value:  // the instruction has a MapSlot
      case Form::error: return;
    }
  }

  void forgo(const ExternSlot& slot, std::string_view reason) {
    const ExternSpec& wanted = search_.spec.externs[slot.target];
    if (wanted.kind == ExternSpec::Kind::kconfig) {
      return;  // it is 0 in the map
    }
    if (slot.kind != RelocationKind::extern_function) {
      set_wide(slot.insn, 0, 0);
      return;
    }
    program_.insns[slot.insn] = insn::call_helper(missing_function_call + slot.target);
    program_.causes.push_back({.insn = slot.insn,
                               .text = cat(describe(search_.spec, wanted), " is called, and ", reason,
                                           "; guard the call: if (bpf_ksym_exists(", wanted.name, "))")});
  }

  void refer_to_type(const ExternSlot& slot, const ExternAnswer& answer) {
    if (slot.kind == RelocationKind::extern_function) {
      program_.insns[slot.insn] = insn::call_kfunc(static_cast<s32>(answer.btf_id),
                                                   static_cast<s16>(answer.module ? *answer.module + 1 : 0));
      return;
    }
    if (slot.kind == RelocationKind::extern_function_address && !knows_function_addresses()) {
      set_wide(slot.insn, 0, 1);
      return;
    }
    set_wide(slot.insn, BPF_PSEUDO_BTF_ID, answer.btf_id);
    if (answer.module) {
      program_.module_slots.push_back({.insn = slot.insn, .module = *answer.module});
    }
  }

  /// Programs ask for the address only to learn whether the function is there.
  bool knows_function_addresses() const {
    const auto release = search_.facts.release();
    return !release || *release >= first_with_function_addresses;
  }

  void set_wide(u32 insn, u8 source, u64 value) {
    const auto both = insn::ld_imm64(program_.insns[insn].dst_reg, value, source);
    std::copy(both.begin(), both.end(), program_.insns.begin() + insn);
  }

  ExternSearch& search_;
  ProgramPlan& program_;
};

}  // namespace

ExternAnswer missing(const ExternSpec& wanted, Errc code, std::string reason) {
  if (wanted.is_weak) {
    return {.form = Form::absent, .reason = std::move(reason)};
  }
  return {.form = Form::error, .error = Error(code, std::move(reason))};
}

std::string near_text(const std::vector<std::string>& near) {
  return near.empty() ? std::string() : cat("; near it are: ", join(near, ", "));
}

u32 module_index(LoadPlan& plan, std::string_view module) {
  const auto found = std::find(plan.modules.begin(), plan.modules.end(), module);
  if (found == plan.modules.end()) {
    plan.modules.emplace_back(module);
    return static_cast<u32>(plan.modules.size() - 1);
  }
  return static_cast<u32>(found - plan.modules.begin());
}

Result<void> plan_externs(const ObjectSpec& spec, const host::Facts& facts, LoadPlan& plan) {
  if (spec.externs.empty()) {
    return {};
  }
  ExternSearch search{.spec = spec,
                      .facts = facts,
                      .plan = plan,
                      .wanted = std::vector<bool>(spec.externs.size()),
                      .answers = std::vector<ExternAnswer>(spec.externs.size())};
  for (const ProgramPlan& program : plan.programs) {
    for (const ExternSlot& slot : program.extern_slots) {
      search.wanted[slot.target] = search.wanted[slot.target] || !program.error;
    }
  }
  find_values(search);
  find_symbols(search);
  find_types(search);
  for (ProgramPlan& program : plan.programs) {
    if (program.error) {
      continue;
    }
    if (auto done = Rewriter(search, program).rewrite_all(); !done) {
      const ProgramSpec& which = spec.programs[program.program];
      program.error =
          std::move(done).error().within(cat("program '", which.name, "' (section '", which.section, "')"));
    }
  }
  return {};
}

}  // namespace skep::load

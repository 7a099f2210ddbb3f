#include "load/plan.h"

#include <algorithm>

#include "base/result.h"
#include "load/plan_steps.h"

namespace skep::load {
namespace {

std::string_view name_of(std::endian order) {
  return order == std::endian::little ? "little-endian" : "big-endian";
}

}  // namespace

Origin ProgramPlan::origin(const ObjectSpec& spec, u32 insn) const {
  const auto after = std::upper_bound(pieces.begin(), pieces.end(), insn, [](u32 wanted, const Piece& piece) {
    return wanted < piece.first_insn;
  });
  SKEP_ASSERT(after != pieces.begin());
  const Piece& piece = *(after - 1);
  Origin found{.function = piece.function, .insn = insn - piece.first_insn};
  const std::vector<Relocation>& relocations = spec.functions[piece.function].relocations;
  const auto next = std::upper_bound(
      relocations.begin(), relocations.end(), found.insn,
      [](u32 wanted, const Relocation& relocation) { return wanted < relocation.insn_index; });
  if (next == relocations.begin()) {
    return found;
  }
  const Relocation& candidate = *(next - 1);
  const bool is_wide =
      candidate.kind != RelocationKind::subprogram_call && candidate.kind != RelocationKind::extern_function;
  if (candidate.insn_index == found.insn || (is_wide && candidate.insn_index + 1 == found.insn)) {
    found.relocation = static_cast<u32>(next - 1 - relocations.begin());
  }
  return found;
}

std::string ProgramPlan::cause(const ObjectSpec& spec, u32 insn) const {
  const auto known = std::ranges::lower_bound(causes, insn, {}, &Cause::insn);
  if (known != causes.end() && known->insn == insn) {
    return known->text;
  }
  if (core == nullptr || !is_poison(insns[insn])) {
    return {};
  }
  const Origin from = origin(spec, insn);
  return core->tell(spec, from.function, from.insn);
}

Result<LoadPlan> plan(const ObjectSpec& spec, const host::Facts& facts, const std::string& pin_root) {
  if (spec.byte_order != std::endian::native) {
    return fail(Errc::unsupported,
                cat("the object is ", name_of(spec.byte_order), " and this machine is ",
                    name_of(std::endian::native), ": it can be inspected here, not loaded"));
  }
  LoadPlan made;
  SKEP_CHECK(plan_maps(spec, facts, pin_root, made));
  fit_maps(spec, facts, made);
  SKEP_CHECK(plan_programs(spec, facts, made));
  SKEP_CHECK(plan_externs(spec, facts, made));
  fit_programs(spec, facts, made);
  fit_types(spec, facts, made);
  return made;
}

}  // namespace skep::load

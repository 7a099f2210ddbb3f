// Exclusive maps: the kernel lets only that program use the map whose instructions have a certain hash, taken before descriptors are in them.
#include <algorithm>

#include "base/result.h"
#include "load/steps.h"

namespace skep::load {
namespace {

void put_map(std::vector<bpf_insn>& insns, u32 insn, u8 source) {
  insns[insn].src_reg = static_cast<u8>(source & 0xf);
  insns[insn].imm = 0;
  insns[insn + 1].imm = 0;
}

}  // namespace

Sha256 program_hash(const ProgramPlan& plan, const ModuleTypes& modules) {
  std::vector<bpf_insn> insns = plan.insns;
  for (const MapSlot& slot : plan.map_slots) {
    put_map(insns, slot.insn, slot.kind == MapSlot::Kind::fd ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE);
  }
  for (const JumpTableSlot& slot : plan.jump_slots) {
    put_map(insns, slot.insn, BPF_PSEUDO_MAP_VALUE);
  }
  for (const ModuleSlot& slot : plan.module_slots) {
    insns[slot.insn + 1].imm = modules.fds[slot.module].raw();
  }
  return sha256(std::as_bytes(std::span(insns)));
}

Result<std::optional<Sha256>> exclusive_hash(const Session& session, const LoadPlan& plan, u32 map,
                                             const ModuleTypes& modules) {
  const std::string& wanted = session.spec.maps[map].exclusive_program;
  if (wanted.empty()) {
    return std::nullopt;
  }
  const auto program = std::ranges::find_if(plan.programs, [&](const ProgramPlan& one) {
    return session.spec.programs[one.program].name == wanted;
  });
  if (program == plan.programs.end()) {
    return fail(Errc::invalid, cat("is for program '", wanted, "' alone, which is not to be loaded"));
  }
  return program_hash(*program, modules);
}

}  // namespace skep::load

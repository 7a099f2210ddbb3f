// Programs, on as many threads as there are processors: the verifier is where the time of loading goes, and it works on each program alone.
#include <algorithm>
#include <numeric>
#include <thread>

#include "base/parallel.h"
#include "base/result.h"
#include "kernel/prog.h"
#include "load/absence.h"
#include "load/plan_steps.h"
#include "load/steps.h"

namespace skep::load {
namespace {

void put_descriptors(ProgramPlan& plan, const MadeMaps& maps, const ModuleTypes& modules) {
  for (const MapSlot& slot : plan.map_slots) {
    plan.insns[slot.insn].imm = maps.fd_of(slot.map);
    if (slot.kind == MapSlot::Kind::value) {
      plan.insns[slot.insn].src_reg = BPF_PSEUDO_MAP_VALUE;
      plan.insns[slot.insn + 1].imm = static_cast<s32>(slot.offset);
    } else {
      plan.insns[slot.insn].src_reg = BPF_PSEUDO_MAP_FD;
    }
  }
  for (const ModuleSlot& slot : plan.module_slots) {
    plan.insns[slot.insn + 1].imm = modules.fds[slot.module].raw();
  }
}

u32 thread_count(const Session& session, std::size_t programs) {
  if (programs <= 1) {
    return 1;  // without asking how many processors there are, which is a file to read
  }
  const u32 wanted =
      session.options.jobs != 0 ? session.options.jobs : std::max(1U, std::thread::hardware_concurrency());
  return static_cast<u32>(std::min<std::size_t>(wanted, programs));
}

/// Read-only data may be meant for tools rather than for the code (bpftool shows variables called bpf_metadata_*). A program holds the maps that its code refers to;
/// the others it has to be told of, or they would go away with this process.
void bind_read_only_data(const Session& session, const LoadPlan& plan, const MadeMaps& maps,
                         const std::vector<Fd>& programs) {
  for (u32 map = 0; map < session.spec.maps.size(); ++map) {
    if (maps.fd_of(map) < 0 || session.spec.maps[map].data_section != DataSection::rodata) {
      continue;
    }
    for (std::size_t i = 0; i < programs.size(); ++i) {
      const std::vector<MapSlot>& slots = plan.programs[i].map_slots;
      const bool is_used =
          std::any_of(slots.begin(), slots.end(), [map](const MapSlot& slot) { return slot.map == map; });
      if (!programs[i] || is_used) {
        continue;
      }
      if (session.facts.lacks(host::Feature::prog_bind_map)) {
        session.report.notes.push_back(cat("map '", session.spec.maps[map].name,
                                           "' is not bound to the programs that do not refer to it",
                                           because_it_lacks(session.facts, host::Feature::prog_bind_map)));
        return;
      }
      if (auto bound = kernel::prog_bind_map(session.kernel, programs[i].raw(), maps.fd_of(map)); !bound) {
        session.report.notes.push_back(
            cat("map '", session.spec.maps[map].name,
                "' is not bound to the programs that do not refer to it: ", bound.error().message()));
        return;
      }
    }
  }
}

Error with_others(Error first, u32 others) {
  if (others == 0) {
    return first;
  }
  Error made(first.code(),
             cat(first.message(), "\n  and ", others,
                 others == 1 ? " more program was refused" : " more programs were refused"),
             first.sys_errno());
  return first.log() == nullptr ? std::move(made) : std::move(made).with_log(*first.log());
}

void tell(const Session& session, const ProgramPlan& plan, ProgramOutcome& outcome) {
  ProgramReport& report = session.report.programs[plan.program];
  report.insn_count = static_cast<u32>(plan.insns.size());
  report.loaded = static_cast<bool>(outcome.fd);
  report.log = std::move(outcome.log);
  report.error.reset();  // of an attempt before this one
  if (outcome.error) {
    report.error = outcome.error->clone();
  }
  if (!outcome.note.empty()) {
    session.report.notes.push_back(std::move(outcome.note));
  }
}

}  // namespace

Result<std::vector<Fd>> load_programs(const Session& session, LoadPlan& plan, const MadeMaps& maps,
                                      const ModuleTypes& modules, int btf_fd) {
  std::vector<u32> order;
  std::vector<Prepared> prepared(plan.programs.size());
  std::vector<ProgramOutcome> outcomes(plan.programs.size());
  for (u32 i = 0; i < plan.programs.size(); ++i) {
    if (plan.programs[i].error) {
      continue;
    }
    put_descriptors(plan.programs[i], maps, modules);
    if (auto made = prepare_program(session, plan.programs[i])) {
      prepared[i] = *std::move(made);
      order.push_back(i);
    } else {
      outcomes[i].error = std::move(made).error();
    }
  }
  // The longest first, so that no thread begins one when the others are done.
  std::stable_sort(order.begin(), order.end(), [&](u32 a, u32 b) {
    return plan.programs[a].insns.size() > plan.programs[b].insns.size();
  });
  run_parallel(order.size(), thread_count(session, order.size()), [&](std::size_t at) {
    const u32 index = order[at];
    outcomes[index] = load_program({.session = session,
                                    .plan = plan.programs[index],
                                    .modules = modules,
                                    .prepared = prepared[index],
                                    .btf_fd = btf_fd});
  });

  std::vector<Fd> fds;
  std::optional<Error> first;
  u32 refused = 0;
  const std::vector<bool> dispensable = dispensable_programs(session.spec);
  for (u32 i = 0; i < plan.programs.size(); ++i) {
    ProgramOutcome& outcome = outcomes[i];
    if (plan.programs[i].error) {
      fds.emplace_back();
      continue;
    }
    tell(session, plan.programs[i], outcome);
    if (outcome.error && !dispensable[plan.programs[i].program]) {
      ++refused;
      if (!first) {
        first = std::move(outcome.error);
      }
    }
    fds.push_back(std::move(outcome.fd));
  }
  if (first && !session.options.keep_going) {
    return std::unexpected(with_others(std::move(*first), refused - 1));
  }
  bind_read_only_data(session, plan, maps, fds);
  return fds;
}

}  // namespace skep::load

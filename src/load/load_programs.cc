// Programs, on as many threads as there are processors: the verifier is where the time of loading goes, and it works on each program alone.
#include <algorithm>
#include <atomic>
#include <numeric>
#include <system_error>
#include <thread>

#include "base/result.h"
#include "kernel/prog.h"
#include "load/steps.h"

namespace skep::load {
namespace {

void put_descriptors(ProgramPlan& plan, const MadeMaps& maps) {
  for (const MapSlot& slot : plan.map_slots) {
    plan.insns[slot.insn].imm = maps.fd_of(slot.map);
    if (slot.kind == MapSlot::Kind::value) {
      plan.insns[slot.insn].src_reg = BPF_PSEUDO_MAP_VALUE;
      plan.insns[slot.insn + 1].imm = static_cast<s32>(slot.offset);
    } else {
      plan.insns[slot.insn].src_reg = BPF_PSEUDO_MAP_FD;
    }
  }
}

u32 thread_count(const Session& session, std::size_t programs) {
  const u32 wanted =
      session.options.jobs != 0 ? session.options.jobs : std::max(1U, std::thread::hardware_concurrency());
  return static_cast<u32>(std::min<std::size_t>(wanted, programs));
}

/// Calls `work` for each entry of `order`, in that order, on this thread and `threads - 1` others.
template <class Work>
void run_parallel(const std::vector<u32>& order, u32 threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto take = [&] {
    for (std::size_t i = next++; i < order.size(); i = next++) {
      work(order[i]);
    }
  };
  std::vector<std::jthread> helpers;
  try {
    for (u32 i = 1; i < threads; ++i) {
      helpers.emplace_back(take);
    }
  } catch (const std::system_error&) {
    // No more threads to be had: those that run, this one at least, do all the work.
  }
  take();
}

/// Metadata is what tools read from a program through the maps that it holds (bpftool: variables bpf_metadata_*); the compiler leaves no reference to it
/// in the code, so the program has to be told. Other read-only data that a program does not use need not live as long as it.
bool holds_metadata(const ObjectSpec& spec, u32 map) {
  return spec.maps[map].data_section == DataSection::rodata &&
         std::any_of(spec.variables.begin(), spec.variables.end(), [map](const VariableSpec& variable) {
           return variable.map == map && variable.name.starts_with("bpf_metadata_");
         });
}

void bind_metadata(const Session& session, const std::vector<u32>& metadata, const ProgramPlan& plan,
                   const MadeMaps& maps, const Fd& program) {
  for (const u32 map : metadata) {
    const bool is_used = std::any_of(plan.map_slots.begin(), plan.map_slots.end(),
                                     [map](const MapSlot& slot) { return slot.map == map; });
    if (is_used) {
      continue;
    }
    if (auto bound = kernel::prog_bind_map(session.kernel, program.raw(), maps.fd_of(map)); !bound) {
      session.report.notes.push_back(cat("program '", session.spec.programs[plan.program].name,
                                         "': metadata in ", session.spec.maps[map].section,
                                         " not bound to it: ", bound.error().message()));
    }
  }
}

std::vector<u32> metadata_maps(const Session& session, const MadeMaps& maps) {
  std::vector<u32> found;
  for (u32 i = 0; i < session.spec.maps.size(); ++i) {
    if (maps.fd_of(i) >= 0 && holds_metadata(session.spec, i)) {
      found.push_back(i);
    }
  }
  return found;
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
  if (outcome.error) {
    report.error = outcome.error->clone();
  }
  if (!outcome.note.empty()) {
    session.report.notes.push_back(std::move(outcome.note));
  }
}

}  // namespace

Result<std::vector<Fd>> load_programs(const Session& session, LoadPlan& plan, const MadeMaps& maps,
                                      int btf_fd) {
  std::vector<u32> order;
  for (u32 i = 0; i < plan.programs.size(); ++i) {
    if (!plan.programs[i].error) {
      put_descriptors(plan.programs[i], maps);
      order.push_back(i);
    }
  }
  // The longest first, so that no thread begins one when the others are done.
  std::stable_sort(order.begin(), order.end(), [&](u32 a, u32 b) {
    return plan.programs[a].insns.size() > plan.programs[b].insns.size();
  });
  std::vector<ProgramOutcome> outcomes(plan.programs.size());
  run_parallel(order, thread_count(session, order.size()), [&](u32 index) {
    outcomes[index] = load_program({.session = session, .plan = plan.programs[index], .btf_fd = btf_fd});
  });

  std::vector<Fd> fds;
  std::optional<Error> first;
  u32 refused = 0;
  const std::vector<u32> metadata = metadata_maps(session, maps);
  for (u32 i = 0; i < plan.programs.size(); ++i) {
    ProgramOutcome& outcome = outcomes[i];
    if (plan.programs[i].error) {
      fds.emplace_back();
      continue;
    }
    tell(session, plan.programs[i], outcome);
    if (outcome.error) {
      ++refused;
      if (!first) {
        first = std::move(outcome.error);
      }
    } else {
      bind_metadata(session, metadata, plan.programs[i], maps, outcome.fd);
    }
    fds.push_back(std::move(outcome.fd));
  }
  if (first && !session.options.keep_going) {
    return std::unexpected(with_others(std::move(*first), refused - 1));
  }
  return fds;
}

}  // namespace skep::load

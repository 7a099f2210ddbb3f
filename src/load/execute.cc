#include "load/execute.h"

#include <algorithm>
#include <cerrno>

#include "base/duplicate.h"
#include "base/result.h"
#include "load/pins.h"
#include "load/steps.h"

namespace skep::load {
namespace {

/// What one attempt came to: live, or lost a race for a pin, or failed.
struct Attempt {
  std::optional<Live> live;
  bool lost_race = false;
};

Result<bool> pin_new_maps(const Session& session, const LoadPlan& plan, const MadeMaps& maps,
                          PinTransaction& pins) {
  for (std::size_t i = 0; i < plan.maps.size(); ++i) {
    const MapPlan& map = plan.maps[i];
    if (map.pin_path.empty() || maps.reused[i]) {
      continue;
    }
    if (auto pinned = pins.pin(maps.fds[i].raw(), map.pin_path); !pinned) {
      if (pinned.error().sys_errno() == EEXIST) {
        return false;
      }
      return std::unexpected(
          std::move(pinned).error().within(cat("map '", session.spec.maps[map.map].name, "'")));
    }
  }
  return true;
}

/// The types are the object's, also where the kernel was given none.
Result<MapTraits> traits_of(const Session& session, const MapPlan& plan) {
  const MapSpec& map = session.spec.maps[plan.map];
  const MapCreation& made = plan.creation;
  MapTraits traits{.name = map.name,
                   .type = made.type,
                   .key_bytes = made.key_bytes,
                   .value_bytes = made.value_bytes,
                   .max_entries = made.max_entries,
                   .flags = made.flags,
                   .key_type_id = map.key_type_id,
                   .value_type_id = map.value_type_id,
                   .btf = session.spec.btf};
  if (is_per_cpu(made.type)) {
    SKEP_TRY_IN(cat("map '", map.name, "'"), traits.cpu_count, session.facts.possible_cpus());
  }
  return traits;
}

/// Second descriptors of the maps that attaching USDT programs writes to, for the programs to hold: the object and its maps may be gone by then.
Result<std::vector<std::shared_ptr<const Fd>>> attach_maps_of(const Session& session, const LoadPlan& plan,
                                                              const MadeMaps& maps) {
  std::vector<std::shared_ptr<const Fd>> found;
  for (std::size_t i = 0; i < plan.maps.size(); ++i) {
    const std::string& name = session.spec.maps[plan.maps[i].map].name;
    if (name == "__bpf_usdt_specs" || name == "__bpf_usdt_ip_to_spec_id") {
      SKEP_TRY_IN(cat("map '", name, "'"), Fd second, duplicate(maps.fds[i]));
      found.push_back(std::make_shared<const Fd>(std::move(second)));
    }
  }
  return found;
}

Result<Live> handles(const Session& session, const LoadPlan& plan, MadeMaps maps, std::vector<Fd> programs) {
  Live live;
  live.map_at = std::move(maps.fd_index);
  live.mapped = std::move(maps.mapped);
  live.arenas = std::move(maps.arenas);
  SKEP_TRY(const auto attach_maps, attach_maps_of(session, plan, maps));
  for (std::size_t i = 0; i < plan.maps.size(); ++i) {
    SKEP_TRY(MapTraits traits, traits_of(session, plan.maps[i]));
    traits.struct_ops_value = std::move(maps.struct_ops_values[i]);
    traits.struct_ops_lacks = std::move(maps.struct_ops_lacks[i]);
    live.maps.emplace_back(session.kernel, std::move(maps.fds[i]), std::move(traits));
  }
  live.program_at.assign(session.spec.programs.size(), Live::none);
  for (std::size_t i = 0; i < plan.programs.size(); ++i) {
    if (!programs[i]) {
      continue;
    }
    const ProgramSpec& program = session.spec.programs[plan.programs[i].program];
    live.program_at[plan.programs[i].program] = static_cast<u32>(live.programs.size());
    const std::optional<u32> module = plan.programs[i].attach_module;
    live.programs.emplace_back(
        session.kernel, std::move(programs[i]),
        Program::Traits{.name = program.name,
                        .section = program.section,
                        .type = program.type,
                        .expected_attach_type = plan.programs[i].expected_attach_type != bpf_attach_type{}
                                                    ? plan.programs[i].expected_attach_type
                                                    : program.expected_attach_type,
                        .flags = plan.programs[i].flags,
                        .insn_count = static_cast<u32>(plan.programs[i].insns.size()),
                        .attach_target = program.attach_target,
                        .attach_btf_id = plan.programs[i].attach_btf_id,
                        .attach_module = module ? plan.modules[*module] : std::string()},
        attach_maps);
  }
  return live;
}

/// Before Linux 5.11 maps and programs count against RLIMIT_MEMLOCK, which is small for most. The limit is the process's, so it stays raised.
void raise_memlock(const Session& session) {
  constexpr u64 unlimited = kernel::MemlockLimit::unlimited;
  kernel::MemlockLimit had;
  if (session.kernel.get_memlock(had) < 0 || had.soft == unlimited) {
    return;
  }
  constexpr std::string_view because = ": maps and programs count against it before Linux 5.11";
  if (session.kernel.set_memlock({.soft = unlimited, .hard = unlimited}) >= 0) {
    session.report.notes.push_back(
        cat("RLIMIT_MEMLOCK of this process raised from ", had.soft, " bytes to unlimited", because));
  } else if (had.soft != had.hard && session.kernel.set_memlock({.soft = had.hard, .hard = had.hard}) >= 0) {
    session.report.notes.push_back(cat("RLIMIT_MEMLOCK of this process raised from ", had.soft,
                                       " bytes to its hard limit of ", had.hard, " bytes", because));
  }
}

/// The values of .kconfig, once: afterwards this memory may be the kernel's.
void fill_config(ObjectSpec& spec, const LoadPlan& plan) {
  for (MapSpec& map : spec.maps) {
    if (map.data_section == DataSection::kconfig) {
      const std::size_t bytes = std::min(plan.kconfig.size(), map.contents.bytes().size());
      std::copy_n(plan.kconfig.begin(), bytes, map.contents.bytes().begin());
    }
  }
}

Result<Attempt> attempt(const Session& session, LoadPlan& plan) {
  SKEP_TRY(const ModuleTypes modules, open_modules(session, plan));
  SKEP_TRY(const Fd types, upload_types(session, plan));
  SKEP_TRY(MadeMaps maps, create_maps(session, plan, modules, types.raw()));
  SKEP_TRY(std::vector<Fd> programs, load_programs(session, plan, maps, modules, types.raw()));
  std::vector<int> program_fds(session.spec.programs.size(), -1);
  for (std::size_t i = 0; i < plan.programs.size(); ++i) {
    program_fds[plan.programs[i].program] = programs[i].raw();
  }
  SKEP_CHECK(fill_program_slots(session, plan, maps, program_fds));
  SKEP_CHECK(fill_struct_ops(session, plan, maps, program_fds));
  PinTransaction pins(session.kernel);
  SKEP_TRY(const bool pinned, pin_new_maps(session, plan, maps, pins));
  if (!pinned) {
    return Attempt{.lost_race = true};
  }
  SKEP_TRY(Live live, handles(session, plan, std::move(maps), std::move(programs)));
  pins.commit();
  return Attempt{.live = std::move(live)};
}

}  // namespace

Result<Live> execute(const Session& session, LoadPlan& plan) {
  if (plan.raise_memlock) {
    raise_memlock(session);
  }
  fill_config(session.spec, plan);
  // Somebody may pin a map between our looking for it and our pinning it. Programs already refer to ours then, so all is done again, once, with theirs.
  const std::size_t notes = session.report.notes.size();
  for (int tries = 0; tries < 2; ++tries) {
    session.report.notes.resize(notes);
    SKEP_TRY(Attempt made, attempt(session, plan));
    if (made.live) {
      return std::move(*made.live);
    }
  }
  return fail(Errc::busy,
              "another process keeps pinning and unpinning a map that this object wants to share");
}

}  // namespace skep::load

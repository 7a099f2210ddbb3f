// The steps of execute(), one file each: open_modules.cc, upload_types.cc, create_maps.cc, load_programs.cc.
#pragma once

#include <memory>

#include "base/sha256.h"
#include "load/execute.h"

namespace skep::load {

/// Descriptors of the BTF of modules that programs refer to.
struct ModuleTypes {
  std::vector<Fd> fds;  ///< in the order of LoadPlan::modules
  std::vector<int>
      fd_array;  ///< as instructions count them: place 0 is the kernel proper's, and unused; empty without modules
};

/// Opens them. Errors: not_found (a module has gone since planning), denied (CAP_SYS_ADMIN is missing), kernel.
Result<ModuleTypes> open_modules(const Session& session, const LoadPlan& plan);

/// Gives the object's BTF to the kernel. An empty Fd when there is none or the kernel refused it and nothing strictly needs it (then there is a note).
Result<Fd> upload_types(const Session& session, const LoadPlan& plan);

/// The maps, in the order of LoadPlan::maps.
struct MadeMaps {
  std::vector<Fd> fds;
  std::vector<bool> reused;         ///< found pinned
  std::vector<bool> mapped;         ///< data maps: the spec's memory is the map's
  std::vector<ArenaMemory> arenas;  ///< arenas: their memory
  std::vector<std::shared_ptr<const std::vector<std::byte>>>
      struct_ops_values;  ///< struct_ops without links: what registers them
  std::vector<std::string>
      struct_ops_lacks;       ///< struct_ops: a program of it that is not loaded; empty: none is missing
  std::vector<u32> fd_index;  ///< by index into ObjectSpec::maps: index into `fds`, or Live::none

  int fd_of(u32 map) const { return fd_index[map] == Live::none ? -1 : fds[fd_index[map]].raw(); }
};

/// Creates the maps or finds them pinned, fills data maps, freezes read-only ones, maps their memory, and fills map-in-map slots.
Result<MadeMaps> create_maps(const Session& session, const LoadPlan& plan, const ModuleTypes& modules,
                             int btf_fd);

/// The hash that the kernel knows a program by, before descriptors are in its instructions.
Sha256 program_hash(const ProgramPlan& plan, const ModuleTypes& modules);
/// Of the program that alone may use the map (index into ObjectSpec::maps); nothing: any program may. Errors: invalid (it is not to be loaded).
Result<std::optional<Sha256>> exclusive_hash(const Session& session, const LoadPlan& plan, u32 map,
                                             const ModuleTypes& modules);

/// Writes struct_ops values into maps that have links; keeps them for attaching where writing is attaching. Errors: kernel (the kernel refuses a value).
Result<void> fill_struct_ops(const Session& session, const LoadPlan& plan, MadeMaps& maps,
                             const std::vector<int>& program_fds);

/// Puts programs into prog arrays.
Result<void> fill_program_slots(const Session& session, const LoadPlan& plan, const MadeMaps& maps,
                                const std::vector<int>& program_fds);

/// Loads every program of the plan, on several threads; fills in the report. In the order of LoadPlan::programs; an empty Fd where a program was refused and
/// LoadOptions::keep_going allows that.
Result<std::vector<Fd>> load_programs(const Session& session, LoadPlan& plan, const MadeMaps& maps,
                                      const ModuleTypes& modules, int btf_fd);

/// What a program waits for besides maps and types.
struct Prepared {
  int attach_fd = -1;    ///< freplace: the target program
  std::vector<Fd> held;  ///< open until the program is loaded
};
/// Finds what an freplace program replaces, and makes the maps of the program's jump tables. Errors: not_found (program, function), unsupported, invalid, kernel.
Result<Prepared> prepare_program(const Session& session, ProgramPlan& plan);

/// One program's call, as load_programs() prepares it.
struct ProgramCall {
  const Session& session;
  const ProgramPlan& plan;
  const ModuleTypes& modules;
  const Prepared& prepared;
  int btf_fd = -1;
};

/// Result of one program's loading.
struct ProgramOutcome {
  Fd fd;
  std::optional<Error> error;  ///< when there is no fd
  VerifierLog log;             ///< with LoadOptions::log_level
  std::string note;            ///< empty: nothing unusual
};

/// Calls BPF_PROG_LOAD without a log first (unless LoadOptions::log_level asks for one); a refusal is repeated with a log that is large enough, and explained.
ProgramOutcome load_program(const ProgramCall& call);

}  // namespace skep::load

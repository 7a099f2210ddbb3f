// A loaded object: handles only. Thread-safety: distinct objects may be used from distinct threads; loading may run in several threads at once.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "skep/map.h"
#include "skep/object_spec.h"
#include "skep/program.h"
#include "skep/variable.h"

namespace skep {

namespace kernel {
class Kernel;
}
namespace host {
class Facts;
}

/// How to load.
struct LoadOptions {
  u32 jobs = 0;  ///< threads that load programs; 0: one per CPU; 1: one after another, in this thread
  u32 log_level =
      0;  ///< verifier log of programs that load: 0 none, 1 or 2 as the kernel defines; a refusal is always reloaded with a log
  std::string pin_root = "/sys/fs/bpf";  ///< where Pinning::by_name maps are
  bool keep_going =
      false;  ///< true: programs that the kernel refuses are reported and left out instead of failing the object
  std::string
      btf_path;  ///< types to relocate by (CO-RE) instead of the running kernel's: a BTF or vmlinux file, also compressed (zstd, gzip), or a directory that
                 ///< has them as <release>.btf; empty: the kernel's own
  std::span<const std::byte>
      btf;  ///< the same from memory: what such a file holds; must live until loading is done
  std::string
      kconfig;  ///< values for `__kconfig` variables that go before the kernel's own configuration: text, lines CONFIG_NAME=value; may be empty
  int token_fd =
      -1;  ///< a BPF token (Linux 6.9), whose rights maps, programs and types are made with; -1: the process's own rights
  std::string token_path;  ///< or the bpf file system to make one from, mounted with delegations; empty: none
  kernel::Kernel* kernel = nullptr;  ///< null: this machine's
  const host::Facts* facts =
      nullptr;  ///< what is known of the machine; null: this one's, found out as far as the object needs it
};

/// What became of one program.
struct ProgramReport {
  std::string name;
  std::string section;
  bpf_prog_type type{};
  u32 insn_count = 0;  ///< as given to the kernel
  bool loaded = false;
  bool skipped = false;  ///< autoload was off
  std::optional<Error> error;
  VerifierLog log;  ///< with LoadOptions::log_level
};

/// What loading did, also when it failed: every program's fate, each fallback taken, time per phase.
struct LoadReport {
  std::vector<ProgramReport> programs;  ///< in the order of ObjectSpec::programs
  std::vector<std::string> notes;       ///< fallbacks applied, one sentence each
  std::chrono::microseconds plan_time{};
  std::chrono::microseconds load_time{};
};

/// Opens the types of the running kernel, or finds them open, and keeps them so as long as somebody holds the result. An Object does the same with the types that its loading
/// needed, so this is for programs that load one object after another, each gone before the next, and do not want to open the types each time. Since Linux 6.16
/// the kernel's own memory is mapped, and only indexes take up more (about 1 MB); before, a copy does (5 MB). Errors: unsupported (a kernel without BTF), denied.
Result<std::shared_ptr<const btf::Btf>> hold_kernel_types();

/// Maps, programs and variables of one object, live in the kernel. Move-only; destroying it closes every descriptor. Kernel types that its loading read stay open while it
/// lives, shared by all objects of the process (see hold_kernel_types()).
class Object {
 public:
  /// Creates the maps, relocates the instructions, loads the programs. On failure nothing is left: no descriptor, no new pin.
  /// `report`, when given, is filled in either case.
  /// Errors: verifier (a program was refused; the message names program, section, source line, instruction and the verifier's last words, and log()
  /// has the rest), denied (says which right is missing), unsupported, invalid, kernel.
  static Result<Object> load(ObjectSpec spec, const LoadOptions& options = {}, LoadReport* report = nullptr);
  /// Reads and loads a file.
  static Result<Object> load_file(const std::string& path, const LoadOptions& options = {});

  Object(Object&&) noexcept;
  Object& operator=(Object&&) noexcept;
  ~Object();

  /// Null when there is no such map (or it was not created). Data maps are also found by their section: ".rodata".
  Map* map(std::string_view name);
  /// Null when there is no such program (or it was not loaded).
  Program* program(std::string_view name);
  /// Why a program that the object can do without was not loaded. Null when it was, or was not tried.
  const Error* why_not_loaded(std::string_view program) const;
  /// A global or static variable; the first of several static ones with the same name. Errors: not_found, with the nearest names.
  Result<Variable> variable(std::string_view name);
  /// The variable that spec() describes there: tells those of the same name apart. Errors: not_found (its section was not created).
  Result<Variable> variable(const VariableSpec& which);

  /// The arena's memory in this process, shared with the programs: all of it, pages come into being when they are touched. Empty when the object has none. Since Linux 6.9.
  std::span<std::byte> arena();

  std::vector<Map>& maps();
  std::vector<Program>& programs();
  const ObjectSpec& spec() const;

  /// Pins every map and program under `directory` (made if missing): all or nothing. Names: <directory>/<map or program name>, dots as underscores.
  Result<void> pin(const std::string& directory);

 private:
  struct State;
  explicit Object(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace skep

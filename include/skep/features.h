// What the running kernel has of BPF, and why it lacks what it lacks. Thread-safety: functions may be called from several threads.
#pragma once

#include <string>
#include <vector>

#include "skep/error.h"
#include "skep/uapi/prog_type.h"

namespace skep {

namespace kernel {
class Kernel;
}
namespace host {
class Facts;
}

/// `unknown`: the kernel would not say.
enum class Has : u8 { no, yes, unknown };

/// One thing that a kernel may have.
struct Ability {
  std::string name;  ///< "xdp", "ringbuf", "BPF_F_MMAPABLE"
  Has has{};
  std::string since;  ///< the first release of Linux that has it; empty where that is not known
  std::string
      why;  ///< when it has it not, or would not say: the release is older, configuration leaves it out, a right is missing
};

/// The helpers that programs of one type may call.
struct ProgramHelpers {
  bpf_prog_type type{};
  std::vector<std::string> names;  ///< without "bpf_", in the order of their numbers
  std::string why;                 ///< not empty: nobody asked, and why
};

/// A kernel function that programs may call.
struct KernelFunction {
  std::string name;
  std::string module;  ///< empty: the kernel's own
};

/// A switch of the machine that BPF depends on.
struct Setting {
  std::string name;     ///< "net.core.bpf_jit_enable"
  std::string value;    ///< as the machine has it; empty: it does not say
  std::string meaning;  ///< of this value, in words
};

/// What a kernel has.
struct KernelFeatures {
  std::string release;  ///< uname -r
  std::vector<Setting> settings;
  std::vector<Ability> program_types;
  std::vector<Ability> map_types;
  std::vector<Ability> attach_types;
  std::vector<Ability> link_types;
  std::vector<Ability> instructions;   ///< beyond the first set (v1)
  std::vector<Ability> map_flags;      ///< of BPF_MAP_CREATE
  std::vector<Ability> program_flags;  ///< of BPF_PROG_LOAD
  std::vector<Ability>
      loading;  ///< what loading does without where it is missing: BTF kinds, names, ... (docs/fallbacks.md)
  std::vector<ProgramHelpers> helpers;
  std::vector<KernelFunction> functions;  ///< in the order of their names
  std::string functions_why;              ///< when there are none: why
};

/// How to look.
struct FeatureOptions {
  bool helpers =
      true;  ///< ask for each helper and type of program, some thousand questions: a fraction of a second
  kernel::Kernel* kernel = nullptr;    ///< null: this machine's
  const host::Facts* facts = nullptr;  ///< null: this machine's
};

/// Asks the kernel by loading and creating the smallest things that tell. Programs are made so that the verifier refuses each, so that none is ever compiled; what
/// is created is closed at once. Attach and link types, flags and kernel functions are read from the kernel's BTF, which needs no rights.
/// Errors: not_found (the machine does not tell its release).
Result<KernelFeatures> kernel_features(const FeatureOptions& options = {});

}  // namespace skep

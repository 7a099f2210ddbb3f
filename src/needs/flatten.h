// A program's code put together without a kernel, as it is on a kernel that has no optional thing: CO-RE finds that nothing exists, weak symbols are absent,
// and LINUX_KERNEL_VERSION is old. What is still reached is what every kernel must have. Private to this layer.
#pragma once

#include <vector>

#include "needs/reach.h"
#include "skep/needs.h"

namespace skep::needs {

/// Where an instruction comes from.
struct Source {
  u32 function = 0;  ///< index into ObjectSpec::functions
  u32 insn = 0;      ///< within it
};

struct FlatProgram {
  std::vector<bpf_insn> insns;
  std::vector<Source> sources;  ///< per instruction
  std::vector<u32> functions;   ///< those it consists of, the entry first
  std::vector<std::vector<std::byte>>
      memory;  ///< what `addresses` of externs point to; the others borrow from the spec
  std::vector<Address> addresses;
  std::vector<Routine> routines;
};

/// The program whose entry is `function`. Calls and addresses that name nothing stay as they are; what would exceed a million instructions is left out.
FlatProgram flatten(const ObjectSpec& spec, u32 function);

/// The source line of an instruction; without line information only function and number.
Place place_of(const ObjectSpec& spec, Source source);

/// True when programs see the contents of this map as constants.
bool is_constant(const MapSpec& map);

}  // namespace skep::needs

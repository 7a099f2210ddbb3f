// Maps and programs that are in the kernel now: named on the command line, opened, described.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/text.h"
#include "btf/btf.h"
#include "cli/output.h"
#include "cli/status.h"
#include "kernel/info.h"
#include "kernel/kernel.h"
#include "skep/fd.h"

namespace skep::cli {

/// How a map or program is named: two words of the command line.
struct Named {
  std::string how;  ///< "id", "name" or "pinned"
  std::string what;
};

struct LiveMap {
  Fd fd;
  bpf_map_info info;
  std::shared_ptr<const btf::Btf> btf;  ///< null when the kernel has none for it

  std::string_view name() const { return until_nul({info.name, sizeof info.name}); }
};

struct LiveProgram {
  Fd fd;
  bpf_prog_info info;

  std::string_view name() const { return until_nul({info.name, sizeof info.name}); }
};

/// Opens the map that is named. Errors: invalid (neither id, name nor pinned; a name that fits several; not a map), not_found, denied, kernel.
Result<LiveMap> open_map(kernel::Kernel& kernel, const Named& named);
/// Opens the program that is named. Errors: as open_map.
Result<LiveProgram> open_program(kernel::Kernel& kernel, const Named& named);

/// Every map of the system, by ascending id, described and not open; those that vanish meanwhile are left out. BTF is not fetched. Errors: denied, kernel.
Result<std::vector<LiveMap>> all_maps(kernel::Kernel& kernel);
Result<std::vector<LiveProgram>> all_programs(kernel::Kernel& kernel);

/// Ends a verb: complains of an error, with the rights that are missing where that is the cause, and gives its status.
Status finish(const Result<void>& result, Output& out);

}  // namespace skep::cli

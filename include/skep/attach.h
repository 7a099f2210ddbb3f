// Attaching what was loaded. One header per family of hooks lies beside this one; here is what concerns all of them.
// Thread-safety: distinct programs may be attached from distinct threads at once.
#pragma once

#include <string>

#include "skep/link.h"
#include "skep/object.h"

namespace skep {

/// What every attach function takes.
struct AttachOptions {
  const host::Facts* facts =
      nullptr;       ///< what is known of the machine; null: this one's, found out as far as needed
  std::string root;  ///< procfs, sysfs and tracefs are under it; empty: this machine's
};

/// Attaches to what the program's section says. Errors: invalid (the section names no place; the text says what else is to be said), unsupported (this kernel cannot;
/// the text says which feature is missing and since when it exists), not_found (no such function, tracepoint, ...; with the nearest names), denied, busy, kernel.
Result<Link> attach_program(const Program& program, const AttachOptions& options = {});

}  // namespace skep

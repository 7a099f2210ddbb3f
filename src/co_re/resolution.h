// The outcome of one relocation, before it is written into an instruction.
#pragma once

#include <string>
#include <vector>

#include "co_re/target.h"
#include "co_re/value.h"

namespace skep::co_re {

/// A type of the kernel, or of a module, that fits.
struct Match {
  const Target* target = nullptr;
  Access access;
};

struct Resolution {
  u32 kind = 0;  ///< bpf_core_relo_kind
  Access local;
  Value before;            ///< of the object's own type
  Value after;             ///< what replaces it; without meaning when `is_poison`
  bool is_poison = false;  ///< nothing matches, and the code must not be reached
  /// Offsets only: a load or store of the old width reads something else, and widening or narrowing it would change the value's meaning (a signed number, a struct).
  bool changes_meaning = false;
  std::vector<Match>
      matches;  ///< all that fit; they agree. Empty also for TYPE_ID_LOCAL, which asks no kernel
};

}  // namespace skep::co_re

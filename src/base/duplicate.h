// A second descriptor of what a first one is open on.
#pragma once

#include "skep/error.h"
#include "skep/fd.h"

namespace skep {

/// A descriptor of its own, 3 or above and close-on-exec, for who must outlive the holder of `fd`. Errors: kernel (EBADF; EMFILE: too many are open).
Result<Fd> duplicate(const Fd& fd);

}  // namespace skep

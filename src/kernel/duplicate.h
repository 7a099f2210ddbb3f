// A second descriptor of the same thing.
#pragma once

#include "base/result.h"
#include "skep/fd.h"

namespace skep::kernel {

/// fcntl(2) F_DUPFD_CLOEXEC: for whoever must be able to name a program after its owner has let go of it. `noun` is for errors. Errors: kernel (EBADF, EMFILE).
Result<Fd> duplicate(int fd, std::string_view noun);

}  // namespace skep::kernel

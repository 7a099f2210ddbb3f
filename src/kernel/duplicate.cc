#include "kernel/duplicate.h"

#include <fcntl.h>

#include <cerrno>

namespace skep::kernel {

Result<Fd> duplicate(int fd, std::string_view noun) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) {
    return fail_errno(errno, cat("duplicate the descriptor of ", noun));
  }
  return Fd(copy);
}

}  // namespace skep::kernel

#include "base/duplicate.h"

#include <fcntl.h>

#include <cerrno>

#include "base/result.h"

namespace skep {

Result<Fd> duplicate(const Fd& fd) {
  const int raw = ::fcntl(fd.raw(), F_DUPFD_CLOEXEC, 3);
  if (raw < 0) {
    return fail_errno(errno, "duplicate a descriptor");
  }
  return Fd(raw);
}

}  // namespace skep

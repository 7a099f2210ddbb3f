#include "skep/fd.h"

#include <unistd.h>

namespace skep {

void Fd::reset() {
  if (raw_ >= 0) {
    // Linux frees the number even when close() reports EINTR, so there is nothing to retry and nobody to tell.
    ::close(std::exchange(raw_, -1));
  }
}

}  // namespace skep

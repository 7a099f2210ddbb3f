#include "attach/cgroup_directory.h"

#include <cerrno>

#include "base/result.h"

namespace skep::attach {

Result<Fd> open_cgroup(kernel::Kernel& kernel, const std::string& path) {
  if (path.empty()) {
    return fail(Errc::invalid, "cgroup: want the path of its directory, have none");
  }
  const int raw = kernel.open_directory(path.c_str());
  if (raw == -EACCES || raw == -EPERM) {
    return fail_errno(-raw, cat("cgroup ", path,
                                ": its directory must be readable for this process (or it must have "
                                "CAP_DAC_READ_SEARCH)"));
  }
  if (raw < 0) {
    return fail_errno(-raw, cat("cgroup ", path));
  }
  return Fd(raw);
}

}  // namespace skep::attach

// BPF tokens: rights that whoever mounted a bpf file system for a user namespace has delegated to those in it.
#include <cerrno>

#include "base/result.h"
#include "kernel/token.h"
#include "load/execute.h"

namespace skep::load {

Result<Fd> open_token(kernel::Kernel& kernel, const LoadOptions& options) {
  if (options.token_path.empty()) {
    return Fd();
  }
  const auto frame = [&] { return cat("token from ", options.token_path); };
  SKEP_TRY_IN(frame(), const Fd directory, kernel::open_bpffs(kernel, options.token_path.c_str()));
  auto token = kernel::token_create(kernel, directory.raw());
  if (token) {
    return token;
  }
  Error error = std::move(token).error().within(frame());
  const std::string_view why =
      error.sys_errno() == EINVAL
          ? ": it is no root of a bpf file system, or this kernel has no tokens (since 6.9)"
      : error.sys_errno() == EOPNOTSUPP
          ? ": processes of the initial user namespace need no token and get none"
      : error.sys_errno() == ENOENT
          ? ": it was mounted without delegate_cmds, delegate_maps, delegate_progs or delegate_attachs"
      : error.sys_errno() == EPERM
          ? ": only processes with CAP_BPF in the user namespace that the file system was mounted for get one"
          : "";
  const int sys_errno = error.sys_errno();
  const Errc code = sys_errno == EOPNOTSUPP || sys_errno == EINVAL ? Errc::unsupported : error.code();
  return std::unexpected(Error(code, cat(error.message(), why), sys_errno));
}

}  // namespace skep::load

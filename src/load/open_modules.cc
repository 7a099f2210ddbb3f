// A module's BTF goes by a number that only the kernel knows: all BTF there is has to be asked for its name.
#include <algorithm>
#include <array>
#include <cerrno>

#include "base/result.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "load/steps.h"

namespace skep::load {
namespace {

constexpr std::size_t longest_name = 64;  // MODULE_NAME_LEN: 56 with its NUL

/// The name of the BTF when it is a module's (or the kernel's own); empty when it is a program's.
Result<std::string> module_name(kernel::Kernel& kernel, int fd) {
  std::array<char, longest_name> name{};
  auto ask = kernel::zeroed<bpf_btf_info>();
  ask.name = kernel::address_of(name.data());
  ask.name_len = name.size();
  SKEP_TRY(const bpf_btf_info info, kernel::btf_info(kernel, fd, ask));
  return info.kernel_btf != 0 ? std::string(until_nul({name.data(), name.size()})) : std::string();
}

Error with_rights(Error error) {
  if (error.sys_errno() != EPERM) {
    return error;
  }
  return Error(
      error.code(),
      cat(error.message(), ": the kernel tells of the BTF of modules only to those with CAP_SYS_ADMIN"),
      error.sys_errno());
}

/// Opens what has this id into its place, when it is one of the modules that are looked for.
Result<void> take(kernel::Kernel& kernel, u32 id, const std::vector<std::string>& modules,
                  std::vector<Fd>& fds) {
  auto fd = kernel::open_id(kernel, kernel::ObjectKind::btf, id);
  if (!fd) {
    if (fd.error().sys_errno() == ENOENT) {
      return {};  // it has gone meanwhile
    }
    return std::unexpected(with_rights(std::move(fd).error()));
  }
  SKEP_TRY(const std::string name, module_name(kernel, fd->raw()));
  const auto found = std::find(modules.begin(), modules.end(), name);
  if (found != modules.end()) {
    fds[static_cast<std::size_t>(found - modules.begin())] = *std::move(fd);
  }
  return {};
}

}  // namespace

Result<ModuleTypes> open_modules(const Session& session, const LoadPlan& plan) {
  ModuleTypes made;
  if (plan.modules.empty()) {
    return made;
  }
  made.fds.resize(plan.modules.size());
  u32 id = 0;
  while (!std::all_of(made.fds.begin(), made.fds.end(), [](const Fd& fd) { return static_cast<bool>(fd); })) {
    auto next = kernel::next_id(session.kernel, kernel::ObjectKind::btf, id);
    if (!next) {
      return std::unexpected(with_rights(std::move(next).error()));
    }
    if (!*next) {
      break;
    }
    id = **next;
    SKEP_CHECK(take(session.kernel, id, plan.modules, made.fds));
  }
  made.fd_array.push_back(0);
  for (std::size_t i = 0; i < made.fds.size(); ++i) {
    if (!made.fds[i]) {
      return fail(Errc::not_found, cat("module '", plan.modules[i], "' is not loaded any more"));
    }
    made.fd_array.push_back(made.fds[i].raw());
  }
  return made;
}

}  // namespace skep::load

#include "host/syscalls.h"

#include <array>

#include "base/result.h"
#include "btf/btf.h"

namespace skep::host {
namespace {

/// What stands before a system call's name where such functions take their arguments in a struct of registers; empty where no kernel does that.
constexpr std::string_view wrapper_prefix() {
#if defined(__x86_64__)
  return "__x64_sys_";
#elif defined(__aarch64__)
  return "__arm64_sys_";
#elif defined(__s390x__)
  return "__s390x_sys_";
#elif defined(__riscv)
  return "__riscv_sys_";
#else
  return {};
#endif
}

}  // namespace

Result<bool> has_syscall_wrapper(const Facts& facts) {
  if (wrapper_prefix().empty()) {
    return false;
  }
  const std::string call = cat(wrapper_prefix(), "bpf");
  if (const auto types = facts.kernel_btf(); types && (*types)->find(call, btf::Kind::func)) {
    return true;
  }
  const std::array<std::string_view, 1> names{call};
  SKEP_TRY(const auto found, facts.kernel_symbols(names));
  return found[0].state != FoundSymbol::State::absent;
}

Result<std::string> syscall_function(const Facts& facts, std::string_view name) {
  SKEP_TRY(const bool is_wrapped, has_syscall_wrapper(facts));
  return cat(is_wrapped ? wrapper_prefix() : std::string_view("__se_sys_"), name);
}

}  // namespace skep::host

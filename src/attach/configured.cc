#include "attach/configured.h"

#include <algorithm>
#include <array>

#include "base/file.h"
#include "base/result.h"
#include "host/kconfig.h"

namespace skep::attach {

Error with_configuration(Error error, const host::Facts& facts, const Needs& needs) {
  if (needs.config.empty() || error.code() == Errc::unsupported || error.code() == Errc::denied) {
    return error;
  }
  const auto config = facts.kernel_config();
  if (!config) {
    return error;
  }
  const std::array<std::string_view, 1> names{needs.config};
  const auto options = host::find_options(**config, names);
  if (!options || (*options)[0].state == host::ConfigOption::State::set) {
    return error;
  }
  return Error(Errc::unsupported,
               cat(error.message(), "; ", needs.noun, " needs ", needs.config,
                   ", which this kernel was built without"),
               error.sys_errno());
}

Result<void> check_security_module(const std::string& root) {
  const auto text = read_text(cat(root, "/sys/kernel/security/lsm"));
  if (!text) {
    return {};  // securityfs is not mounted, or not readable: nothing is known
  }
  const auto modules = split(trim(*text), ',');
  if (std::ranges::find(modules, "bpf") != modules.end()) {
    return {};
  }
  return fail(Errc::unsupported,
              cat("the kernel would never call it: it runs without the security module bpf (it has ",
                  trim(*text), "); needs CONFIG_BPF_LSM and lsm=...,bpf on the kernel's command line"));
}

}  // namespace skep::attach

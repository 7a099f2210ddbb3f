#include "load/this_machine.h"

#include "host/kernel_types.h"
#include "kernel/host_kernel.h"

namespace skep::load {

kernel::Kernel& this_kernel() {
  static kernel::HostKernel kernel;
  return kernel;
}

host::Facts facts_for(const LoadOptions& options) {
  if (options.facts != nullptr) {
    return *options.facts;
  }
  return host::Facts(
      std::string(),
      {.core_btf_path = options.btf_path, .core_btf_bytes = options.btf, .given_config = options.kconfig},
      options.kernel != nullptr ? options.kernel : &this_kernel());
}

}  // namespace skep::load

namespace skep {

Result<std::shared_ptr<const btf::Btf>> hold_kernel_types() {
  return host::kernel_types(std::string());
}

}  // namespace skep

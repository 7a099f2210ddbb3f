#include "load/this_machine.h"

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
  return host::Facts(std::string(), {.core_btf_path = options.btf_path, .core_btf_bytes = options.btf},
                     options.kernel != nullptr ? options.kernel : &this_kernel());
}

}  // namespace skep::load

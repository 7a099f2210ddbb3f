#include "load/this_machine.h"

#include "kernel/host_kernel.h"

namespace skep::load {

kernel::Kernel& this_kernel() {
  static kernel::HostKernel kernel;
  return kernel;
}

}  // namespace skep::load

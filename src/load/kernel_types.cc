#include "load/kernel_types.h"

#include "kernel/ids.h"
#include "kernel/info.h"

namespace skep::load {

std::shared_ptr<const btf::Btf> kernel_types(kernel::Kernel& kernel, u32 btf_id) {
  if (btf_id == 0) {
    return nullptr;
  }
  const auto fd = kernel::open_id(kernel, kernel::ObjectKind::btf, btf_id);
  if (!fd) {
    return nullptr;
  }
  const auto bytes = kernel::btf_bytes(kernel, fd->raw());
  if (!bytes) {
    return nullptr;
  }
  auto types = btf::Btf::parse(ByteView(*bytes, std::endian::native));
  return types ? std::make_shared<const btf::Btf>(std::move(*types)) : nullptr;
}

}  // namespace skep::load

// Whole objects: ELF, BTF, .BTF.ext, maps and relocations together.
#include "skep/object_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto spec = skep::ObjectSpec::read(std::as_bytes(std::span(data, size)), "fuzz");
  if (!spec && spec.error().message().empty()) {
    __builtin_trap();  // an error always says something
  }
  return 0;
}

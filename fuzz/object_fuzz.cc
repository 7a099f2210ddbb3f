// Whole objects: ELF, BTF, .BTF.ext, maps and relocations together.
#include "skep/object_spec.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto spec = skep::ObjectSpec::read(std::as_bytes(std::span(data, size)), "fuzz");
  if (!spec && spec.error().message().empty()) {
    __builtin_trap();  // an error always says something
  }
  // Whoever sets or shows a variable counts on its lying within its section.
  for (std::size_t i = 0; spec && i < spec->variables.size(); ++i) {
    const skep::VariableSpec& variable = spec->variables[i];
    const std::size_t bytes = spec->maps.at(variable.map).contents.bytes().size();
    if (variable.offset > bytes || variable.size_bytes > bytes - variable.offset) {
      __builtin_trap();
    }
  }
  return 0;
}

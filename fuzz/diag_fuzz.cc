// Any bytes are some log: explain() answers all of them.
#include <string_view>

#include "diag/explain.h"

extern "C" int LLVMFuzzerTestOneInput(const skep::u8* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const skep::diag::LoadedProgram program{.program = "p", .section = "xdp"};
  const auto explanation = skep::diag::explain(program, 13, {.text = text});
  return skep::diag::summary(explanation).empty() ? -1 : 0;
}

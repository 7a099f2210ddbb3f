// An executable of arbitrary bytes is read or refused: its functions, versions, debug data, Go's table and USDT notes.
#include "host/executable.h"
#include "host/gopclntab.h"
#include "host/return_insns.h"
#include "host/usdt_args.h"
#include "host/usdt_notes.h"

namespace {

void use(const skep::host::Executable& file) {
  for (const char* const name : {"main", "f@V1", "ns::f", "read_all"}) {
    const auto function = file.find_function(name);
    SKEP_ASSERT(function || !function.error().message().empty());
    if (function) {
      (void)file.return_offsets(*function);
    }
  }
  (void)file.match_functions("*a*");
  if (const auto notes = skep::host::read_usdt_notes(file)) {
    for (const skep::host::UsdtNote& note : *notes) {
      for (const auto& argument : skep::host::parse_usdt_arguments(file.image().machine(), note.arguments)) {
        SKEP_ASSERT(!skep::host::describe(argument).empty());
      }
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto file = skep::host::Executable::of_bytes({bytes.begin(), bytes.end()});
  if (file) {
    use(**file);
  } else {
    SKEP_ASSERT(!file.error().message().empty());
  }
  return 0;
}

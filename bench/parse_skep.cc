// skep's half of the parse benchmark; the two halves are separate because each library brings its own <linux/bpf.h>.
#include "parse.h"
#include "skep/object_spec.h"

bool parse_with_skep(const void* bytes, unsigned long size) {
  return skep::ObjectSpec::read({static_cast<const std::byte*>(bytes), size}, "bench.o").has_value();
}

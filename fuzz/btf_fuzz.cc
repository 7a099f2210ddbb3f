// A BTF blob of arbitrary bytes is read or refused, and refused less when it is trusted; whatever is read answers every question.
#include "../tests/btf/walk.h"
#include "btf/edit.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace skep;
  if (const auto trusted = btf::Btf::trust(nullptr, ByteView(data, size, std::endian::native))) {
    (void)btf::test::walk(*trusted, 64);
  }
  const auto btf = btf::Btf::parse(ByteView(data, size, std::endian::native));
  if (!btf) {
    SKEP_ASSERT(!btf.error().message().empty());
    return 0;
  }
  (void)btf::test::walk(*btf, 64);
  const auto again = btf::BtfEditor(*btf).finish();
  SKEP_ASSERT(again && again->type_count() == btf->type_count());
  return 0;
}

// Instructions: bytes that decode are written back unchanged, in either byte order, and print as something. The first byte picks the order.
#include <algorithm>
#include <cstdlib>

#include "insn/decode.h"
#include "insn/print.h"
#include "insn/traits.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace skep;
  if (size == 0) {
    return 0;
  }
  const std::endian order = (data[0] & 1) != 0 ? std::endian::big : std::endian::little;
  const ByteView bytes(data + 1, size - 1, order);
  const auto decoded = insn::decode(bytes);
  if (!decoded) {
    return decoded.error().message().empty() ? (std::abort(), 0) : 0;
  }
  const std::vector<std::byte> again = insn::encode(*decoded, order);
  if (!std::equal(again.begin(), again.end(), bytes.span().begin(), bytes.span().end())) {
    std::abort();
  }
  const auto paired = insn::check_pairs(*decoded);
  std::size_t lines = 0;
  for (std::size_t i = 0; i < decoded->size(); i += insn::slots((*decoded)[i])) {
    if (insn::print(*decoded, i).empty()) {
      std::abort();
    }
    if (insn::jump_target((*decoded)[i], static_cast<s64>(i)).has_value() &&
        insn::subprog_target((*decoded)[i], 0).has_value()) {
      std::abort();
    }
    ++lines;
  }
  const std::string listing = insn::listing(*decoded);
  if (static_cast<std::size_t>(std::count(listing.begin(), listing.end(), '\n')) != lines) {
    std::abort();
  }
  return paired || !paired.error().message().empty() ? 0 : (std::abort(), 0);
}

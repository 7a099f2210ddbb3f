// Which instructions of a program are walked: any instructions and any division into functions get an answer of the right length, the first instruction is walked, and what is
// walked when constants are known is walked too when they are not.
#include <algorithm>
#include <cstdlib>

#include "insn/decode.h"
#include "needs/reach.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace skep;
  constexpr std::size_t head = 4;
  if (size < head + 8) {
    return 0;
  }
  const std::size_t whole = (size - head) / 8 * 8;
  const auto insns = insn::decode(ByteView(data + head, whole, std::endian::native));
  if (!insns) {
    std::abort();
  }
  const auto second = static_cast<u32>(data[1] % insns->size());
  const needs::Routine routines[] = {{.first_insn = 0},
                                     {.first_insn = second, .is_global = (data[0] & 1) != 0}};
  const std::span<const needs::Routine> used(routines, second == 0 ? 1 : 2);
  const auto place = static_cast<u32>(data[2] % insns->size());
  const needs::Address known[] = {
      {.insn = place, .bytes = std::as_bytes(std::span(data, size)), .offset = data[3]}};
  const needs::Address unknown[] = {{.insn = place, .bytes = {}, .offset = 0}};
  const auto with = needs::reached({.insns = *insns, .addresses = known, .routines = used});
  const auto without = needs::reached({.insns = *insns, .addresses = unknown, .routines = used});
  if (with.size() != insns->size() || without.size() != insns->size() || !with[0]) {
    std::abort();
  }
  for (std::size_t i = 0; i < with.size(); ++i) {
    if (with[i] && !without[i]) {
      std::abort();
    }
  }
  return 0;
}

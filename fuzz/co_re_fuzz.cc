// A record, an object's types and a kernel's from arbitrary bytes: every kind of relocation gives an answer or an error, and a story, in bounded time.
// Input: u16 length of the object's BTF, u16 type id, u16 offset of the access string, u8 opcode, u8 unused; the object's BTF; the kernel's BTF.
#include "co_re/patch.h"
#include "co_re/story.h"
#include "insn/build.h"

using namespace skep;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView input(data, size, std::endian::little);
  const auto head = input.record<8>(0);
  if (!head) {
    return 0;
  }
  const auto rest = input.from(8);
  const auto own_bytes = rest->slice(0, head->at<0, u16>());
  if (!own_bytes) {
    return 0;
  }
  const auto own = btf::Btf::parse(*own_bytes);
  auto kernel = btf::Btf::parse(*rest->from(own_bytes->size()));
  if (!own || !kernel) {
    return 0;
  }
  co_re::FixedTargets targets(
      {.name = "kernel", .types = std::make_shared<const btf::Btf>(*std::move(kernel))});
  co_re::Relocator relocator(*own, targets);
  for (u32 kind = 0; kind <= BPF_CORE_TYPE_MATCHES + 1; ++kind) {
    const CoreRelocation record{
        .type_id = head->at<2, u16>(), .access_string_offset = head->at<4, u16>(), .kind = kind};
    relocator.announce(std::span(&record, 1));
    const auto made = relocator.resolve(record);
    if (made) {
      std::array code = {insn::make(head->at<6, u8>(), 1, 2, 0, 0), insn::make(0, 0, 0, 0, 0),
                         insn::exit_insn()};
      const auto before = code;
      if (!co_re::patch(code, 0, **made)) {
        SKEP_ASSERT(code == before);
      }
    }
    const co_re::Story story = co_re::tell(relocator, record);
    SKEP_ASSERT((story.outcome == CoreOutcome::error) == !made);
    SKEP_ASSERT(!co_re::full_text(story, " ").empty());
  }
  return 0;
}

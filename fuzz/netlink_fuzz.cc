// Answers from netlink: messages, attributes to any depth, refusals. An error or a value, and no byte outside of the datagram.
#include "attach/netlink_message.h"

namespace {

using skep::ByteView;
using skep::attach::NetlinkAttributes;

/// Reads attributes, and those inside them, as far down as a reader of real answers would.
void walk(ByteView bytes, int depth) {
  const auto attributes = NetlinkAttributes::parse(bytes);
  if (!attributes) {
    SKEP_ASSERT(!attributes.error().message().empty());
    return;
  }
  std::size_t total = 0;
  for (const auto& attribute : attributes->all()) {
    total += attribute.payload.size() + 4;
    SKEP_ASSERT(attributes->find(attribute.type) != nullptr);
    SKEP_ASSERT(attributes->text(attribute.type).size() <= bytes.size());
    if (depth > 0) {
      walk(attribute.payload, depth - 1);
    }
  }
  SKEP_ASSERT(total <= bytes.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const ByteView datagram(data, size, std::endian::native);
  const auto messages = skep::attach::split_datagram(datagram);
  if (!messages) {
    SKEP_ASSERT(!messages.error().message().empty());
    return 0;
  }
  for (const auto& message : *messages) {
    const auto answer = skep::attach::parse_answer(message);
    SKEP_ASSERT(answer || !answer.error().message().empty());
    SKEP_ASSERT(!answer || (answer->sys_errno >= 0 && answer->sys_errno <= 4095));
    walk(message.payload, 3);
  }
  return 0;
}

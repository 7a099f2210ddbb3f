#include "attach/netlink_message.h"

namespace skep::attach {

namespace {

constexpr std::size_t header_bytes = 16;
constexpr std::size_t attribute_header_bytes = 4;

constexpr u64 rounded(u64 bytes) {
  return (bytes + 3) & ~u64{3};
}

struct Header {
  u32 length;
  u16 type;
  u16 flags;
  u32 sequence;
  u32 port;
};
static_assert(sizeof(Header) == header_bytes);

template <class T>
void store(std::vector<std::byte>& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace

NetlinkWriter::NetlinkWriter(u16 type, u16 flags) {
  // NLM_F_DUMP shares its bits with NLM_F_REPLACE and NLM_F_EXCL of the messages that make things: only requests that begin a list have both.
  const bool dump = (flags & NLM_F_DUMP) == NLM_F_DUMP && (flags & NLM_F_CREATE) == 0;
  const u16 all = static_cast<u16>(flags | NLM_F_REQUEST | (dump ? 0 : NLM_F_ACK));
  append(bytes_of(Header{.length = 0, .type = type, .flags = all, .sequence = 0, .port = 0}));
}

void NetlinkWriter::append(std::span<const std::byte> bytes) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  bytes_.resize(rounded(bytes_.size()));
}

NetlinkWriter& NetlinkWriter::attribute(u16 type, std::span<const std::byte> payload) {
  const auto length = static_cast<u16>(attribute_header_bytes + payload.size());
  SKEP_ASSERT(length == attribute_header_bytes + payload.size());
  const std::size_t at = bytes_.size();
  bytes_.resize(at + attribute_header_bytes);
  store(bytes_, at, length);
  store(bytes_, at + 2, type);
  append(payload);
  return *this;
}

NetlinkWriter& NetlinkWriter::text(u16 type, std::string_view value) {
  const std::string with_nul(value);
  return attribute(type, std::as_bytes(std::span(with_nul.c_str(), with_nul.size() + 1)));
}

NetlinkWriter& NetlinkWriter::open(u16 type) {
  open_.push_back(bytes_.size());
  return attribute(static_cast<u16>(type | NLA_F_NESTED), {});
}

NetlinkWriter& NetlinkWriter::close() {
  SKEP_ASSERT(!open_.empty());
  const std::size_t length = bytes_.size() - open_.back();
  SKEP_ASSERT(length <= 0xffff);
  store(bytes_, open_.back(), static_cast<u16>(length));
  open_.pop_back();
  return *this;
}

std::span<const std::byte> NetlinkWriter::finish(u32 sequence) {
  SKEP_ASSERT(open_.empty());
  store(bytes_, 0, static_cast<u32>(bytes_.size()));
  store(bytes_, 8, sequence);
  return bytes_;
}

bool NetlinkWriter::is_dump() const {
  u16 flags;
  std::memcpy(&flags, bytes_.data() + 6, sizeof flags);
  return (flags & NLM_F_ACK) == 0;
}

Result<std::vector<NetlinkMessage>> split_datagram(ByteView datagram) {
  std::vector<NetlinkMessage> messages;
  while (!datagram.empty()) {
    SKEP_TRY_IN("netlink message", const auto header, datagram.record<header_bytes>(0));
    const u32 length = header.at<0, u32>();
    if (length < header_bytes) {
      return fail(Errc::malformed,
                  cat("netlink message: want a length of at least ", header_bytes, ", have ", length));
    }
    SKEP_TRY_IN("netlink message", const ByteView payload,
                datagram.slice(header_bytes, length - header_bytes));
    messages.push_back({.type = header.at<4, u16>(),
                        .flags = header.at<6, u16>(),
                        .sequence = header.at<8, u32>(),
                        .port = header.at<12, u32>(),
                        .payload = payload});
    SKEP_TRY(datagram, datagram.from(std::min<u64>(rounded(length), datagram.size())));
  }
  return messages;
}

Result<NetlinkAttributes> NetlinkAttributes::parse(ByteView bytes) {
  NetlinkAttributes attributes;
  while (!bytes.empty()) {
    SKEP_TRY_IN("netlink attribute", const auto header, bytes.record<attribute_header_bytes>(0));
    const u16 length = header.at<0, u16>();
    if (length < attribute_header_bytes) {
      return fail(Errc::malformed, cat("netlink attribute: want a length of at least ",
                                       attribute_header_bytes, ", have ", length));
    }
    SKEP_TRY_IN("netlink attribute", const ByteView payload,
                bytes.slice(attribute_header_bytes, length - attribute_header_bytes));
    attributes.all_.push_back(
        {.type = static_cast<u16>(header.at<2, u16>() & NLA_TYPE_MASK), .payload = payload});
    SKEP_TRY(bytes, bytes.from(std::min<u64>(rounded(length), bytes.size())));
  }
  return attributes;
}

const ByteView* NetlinkAttributes::find(u16 type) const {
  for (auto at = all_.rbegin(); at != all_.rend(); ++at) {
    if (at->type == type) {
      return &at->payload;
    }
  }
  return nullptr;
}

std::string_view NetlinkAttributes::text(u16 type) const {
  const ByteView* payload = find(type);
  return payload != nullptr ? until_nul(payload->chars()) : std::string_view();
}

Result<NetlinkAttributes> NetlinkAttributes::nested(u16 type) const {
  const ByteView* payload = find(type);
  return payload != nullptr ? parse(*payload) : NetlinkAttributes();
}

Result<NetlinkAnswer> parse_answer(const NetlinkMessage& message) {
  SKEP_TRY_IN("netlink answer", const s32 error, message.payload.read<s32>(0));
  if (error > 0 || error < -4095) {
    return fail(Errc::malformed, cat("netlink answer: want 0 or a negative errno, have ", error));
  }
  NetlinkAnswer answer{.sys_errno = -error};
  if ((message.flags & NLM_F_ACK_TLVS) == 0) {
    return answer;
  }
  // The request that is answered, or its header alone, stands between the number and the attributes; after NLMSG_DONE nothing does.
  u64 skip = 4;
  if (message.type == NLMSG_ERROR) {
    SKEP_TRY_IN("netlink answer", const u32 length, message.payload.read<u32>(4));
    skip += (message.flags & NLM_F_CAPPED) != 0 ? header_bytes : rounded(length);
  }
  SKEP_TRY_IN("netlink answer", const ByteView rest, message.payload.from(skip));
  SKEP_TRY_IN("netlink answer", const NetlinkAttributes attributes, NetlinkAttributes::parse(rest));
  answer.text = attributes.text(NLMSGERR_ATTR_MSG);
  answer.offset = attributes.number<u32>(NLMSGERR_ATTR_OFFS).value_or(0);
  answer.missing_type = static_cast<u16>(attributes.number<u32>(NLMSGERR_ATTR_MISS_TYPE).value_or(0));
  return answer;
}

}  // namespace skep::attach

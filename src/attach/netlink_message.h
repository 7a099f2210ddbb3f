// Netlink messages: a writer, and a reader that no reply can lead astray. Byte order: the machine's; netlink never leaves it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "attach/netlink_numbers.h"
#include "base/bytes.h"

namespace skep::attach {

/// Writes one message: header, fixed part, attributes (nested as one likes). Every part begins at a multiple of four.
class NetlinkWriter {
 public:
  /// A message of this type; NLM_F_REQUEST is added to `flags`, and NLM_F_ACK where they do not ask for a dump.
  NetlinkWriter(u16 type, u16 flags);

  /// The fixed part that belongs to the message's type (ifinfomsg, tcmsg, ...).
  template <class Fixed>
  NetlinkWriter& fixed(const Fixed& part) {
    append(bytes_of(part));
    return *this;
  }
  NetlinkWriter& attribute(u16 type, std::span<const std::byte> payload);
  /// A number; the kernel expects just this width.
  template <std::integral Number>
  NetlinkWriter& number(u16 type, Number value) {
    return attribute(type, bytes_of(value));
  }
  /// Text with its NUL.
  NetlinkWriter& text(u16 type, std::string_view value);
  /// Attributes inside an attribute: everything until the matching close().
  NetlinkWriter& open(u16 type);
  NetlinkWriter& close();

  /// The message with this sequence number. Every open() must have been closed.
  std::span<const std::byte> finish(u32 sequence);
  /// Whether the request is for a list (NLM_F_DUMP), which ends with NLMSG_DONE; others end with an acknowledgement, which is asked for here.
  bool is_dump() const;

 private:
  void append(std::span<const std::byte> bytes);

  std::vector<std::byte> bytes_;
  std::vector<std::size_t> open_;
};

/// One message out of a datagram. Borrows the datagram.
struct NetlinkMessage {
  u16 type = 0;
  u16 flags = 0;
  u32 sequence = 0;
  u32 port = 0;
  ByteView payload;
};

/// The messages in one datagram. Errors: truncated (a length that reaches beyond it), malformed (a length below the header's).
Result<std::vector<NetlinkMessage>> split_datagram(ByteView datagram);

/// One attribute. `type` is without the flags for nesting and byte order.
struct NetlinkAttribute {
  u16 type = 0;
  ByteView payload;
};

/// Attributes in a row. Borrows the message.
class NetlinkAttributes {
 public:
  NetlinkAttributes() = default;
  /// Reads the attributes that `bytes` consists of. Errors: truncated, malformed.
  static Result<NetlinkAttributes> parse(ByteView bytes);

  const std::vector<NetlinkAttribute>& all() const { return all_; }
  /// The last one of this type, or null.
  const ByteView* find(u16 type) const;
  /// A number of this type, or nothing where it is absent or has another width.
  template <std::integral Number>
  std::optional<Number> number(u16 type) const {
    const ByteView* payload = find(type);
    if (payload == nullptr || payload->size() != sizeof(Number)) {
      return std::nullopt;
    }
    return payload->read<Number>(0).value();
  }
  /// Text up to its NUL, or empty where it is absent.
  std::string_view text(u16 type) const;
  /// The attributes inside the one of this type; none where it is absent. Errors: truncated, malformed.
  Result<NetlinkAttributes> nested(u16 type) const;

 private:
  std::vector<NetlinkAttribute> all_;
};

/// What NLMSG_ERROR or NLMSG_DONE says.
struct NetlinkAnswer {
  int sys_errno = 0;     ///< 0: done
  std::string text;      ///< the kernel's own words (extended acknowledgement, 4.12), or empty
  u32 offset = 0;        ///< where in the request the attribute is that it is about; 0: not said
  u16 missing_type = 0;  ///< the attribute that is missing (6.1); 0: not said
};

/// Reads an NLMSG_ERROR or NLMSG_DONE message. Errors: truncated, malformed.
Result<NetlinkAnswer> parse_answer(const NetlinkMessage& message);

}  // namespace skep::attach

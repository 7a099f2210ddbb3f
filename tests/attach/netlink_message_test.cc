// Netlink messages: bytes as iproute2 sends them, and a reader that survives whatever comes back.
#include "attach/netlink_message.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace skep::attach {
namespace {

std::string hex_of(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<u8>(byte) >> 4];
    text += digits[std::to_integer<u8>(byte) & 15];
  }
  return text;
}

ByteView view(std::span<const std::byte> bytes) {
  return {bytes, std::endian::native};
}

/// The answer to a refused request, as Linux writes it: errno, the request's header, the text and an offset.
std::vector<std::byte> refusal() {
  NetlinkWriter writer(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS | NLM_F_CREATE);
  writer.fixed(s32{-22}).fixed(std::array<u32, 4>{32, 0x00050013, 7, 0});
  writer.text(NLMSGERR_ATTR_MSG, "native and generic XDP can't be active at the same time");
  writer.number(NLMSGERR_ATTR_OFFS, u32{24});
  const auto bytes = writer.finish(7);
  return {bytes.begin(), bytes.end()};
}

TEST(NetlinkMessage, ARequestIsWrittenByteForByteAsTheKernelExpectsIt) {
  if constexpr (std::endian::native != std::endian::little) {
    GTEST_SKIP() << "the expected bytes are a little-endian machine's";
  }
  NetlinkWriter writer(RTM_SETLINK, NLM_F_ACK);
  writer.fixed(ifinfomsg{.index = 3})
      .open(IFLA_XDP)
      .number(IFLA_XDP_FD, s32{5})
      .number(IFLA_XDP_FLAGS, u32{2})
      .close();
  EXPECT_EQ(hex_of(writer.finish(9)),
            "34000000"
            "1300"
            "0500"
            "09000000"
            "00000000"  // header
            "00000000"
            "03000000"
            "00000000"
            "00000000"  // ifinfomsg
            "1400"
            "2b80"  // IFLA_XDP, nested
            "0800"
            "0100"
            "05000000"
            "0800"
            "0300"
            "02000000");
}

TEST(NetlinkMessage, TextIsPaddedAndItsLengthIsNot) {
  NetlinkWriter writer(RTM_NEWTFILTER, 0);
  writer.text(TCA_KIND, "bpf!").number(TCA_CHAIN, u32{1});
  const auto bytes = writer.finish(1);
  const auto messages = split_datagram(view(bytes)).value();
  ASSERT_EQ(messages.size(), 1U);
  const auto attributes = NetlinkAttributes::parse(messages[0].payload).value();
  ASSERT_EQ(attributes.all().size(), 2U);
  EXPECT_EQ(attributes.all()[0].payload.size(), 5U);
  EXPECT_EQ(attributes.text(TCA_KIND), "bpf!");
  EXPECT_EQ(attributes.number<u32>(TCA_CHAIN), 1U);
  EXPECT_EQ(attributes.number<u16>(TCA_CHAIN), std::nullopt);
  EXPECT_EQ(attributes.find(TCA_OPTIONS), nullptr);
}

TEST(NetlinkMessage, WhatIsNestedComesBack) {
  NetlinkWriter writer(RTM_NEWROUTE, NLM_F_CREATE);
  writer.open(RTA_ENCAP)
      .open(LWT_BPF_OUT)
      .number(LWT_BPF_PROG_FD, u32{4})
      .close()
      .close()
      .number(RTA_OIF, u32{2});
  const auto bytes = writer.finish(1);
  const auto attributes = NetlinkAttributes::parse(split_datagram(view(bytes)).value()[0].payload).value();
  EXPECT_EQ(attributes.nested(RTA_ENCAP)->nested(LWT_BPF_OUT)->number<u32>(LWT_BPF_PROG_FD), 4U);
  EXPECT_EQ(attributes.number<u32>(RTA_OIF), 2U);
}

TEST(NetlinkMessage, ARefusalTellsTheKernelsOwnWords) {
  const auto bytes = refusal();
  const auto messages = split_datagram(view(bytes)).value();
  ASSERT_EQ(messages.size(), 1U);
  const auto answer = parse_answer(messages[0]);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->sys_errno, 22);
  EXPECT_EQ(answer->text, "native and generic XDP can't be active at the same time");
  EXPECT_EQ(answer->offset, 24U);
}

TEST(NetlinkMessage, AnAnswerWithoutAttributesHasNoText) {
  NetlinkWriter writer(NLMSG_ERROR, 0);
  writer.fixed(s32{-19}).fixed(std::array<u32, 4>{32, 0x00050013, 7, 0}).fixed(std::array<u32, 4>{});
  const auto bytes = writer.finish(7);
  const auto answer = parse_answer(split_datagram(view(bytes)).value()[0]).value();
  EXPECT_EQ(answer.sys_errno, 19);
  EXPECT_EQ(answer.text, "");
}

/// Reads all there is to read; whether it is an error is the caller's affair.
bool reads(std::span<const std::byte> bytes) {
  const auto messages = split_datagram(view(bytes));
  if (!messages) {
    EXPECT_FALSE(messages.error().message().empty());
    return false;
  }
  for (const NetlinkMessage& message : *messages) {
    if (const auto answer = parse_answer(message); !answer) {
      EXPECT_FALSE(answer.error().message().empty());
      return false;
    }
  }
  return true;
}

TEST(NetlinkMessage, EveryPrefixOfAnAnswerIsReadOrRefused) {
  const auto bytes = refusal();
  for (std::size_t length = 1; length < bytes.size(); ++length) {
    // A heap copy of just that length, so that a sanitizer sees a read beyond it.
    const std::vector<std::byte> prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_FALSE(reads(prefix)) << length;
  }
  EXPECT_TRUE(reads(bytes));
}

TEST(NetlinkMessage, NoFlippedByteLeadsTheReaderAstray) {
  const auto bytes = refusal();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const u8 mask : {u8{0x01}, u8{0x80}, u8{0xff}}) {
      std::vector<std::byte> flipped = bytes;
      flipped[at] ^= std::byte{mask};
      (void)reads(flipped);
    }
  }
}

TEST(NetlinkMessage, LengthsThatWouldLoopForeverAreRefused) {
  const std::array<u32, 4> no_length{0, 2, 0, 0};
  EXPECT_EQ(split_datagram(view(std::as_bytes(std::span(no_length)))).error().code(), Errc::malformed);
  const std::array<u16, 2> empty_attribute{0, 1};
  EXPECT_EQ(NetlinkAttributes::parse(view(std::as_bytes(std::span(empty_attribute)))).error().code(),
            Errc::malformed);
}

}  // namespace
}  // namespace skep::attach

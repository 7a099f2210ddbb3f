#include "host/zip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace skep::host {
namespace {

/// A zip archive of two members, the second one marked as compressed by `method`.
std::vector<std::byte> archive(u16 method = 8, std::string_view comment = "") {
  std::vector<std::byte> out;
  std::vector<std::byte> directory;
  const auto put = [](std::vector<std::byte>& to, auto value) {
    value = from_order(value, std::endian::little);
    const auto raw = bytes_of(value);
    to.insert(to.end(), raw.begin(), raw.end());
  };
  const auto text = [](std::vector<std::byte>& to, std::string_view chars) {
    for (const char letter : chars) {
      to.push_back(static_cast<std::byte>(letter));
    }
  };
  u16 which = 0;
  for (const std::string_view name : {"lib/libx.so", "classes.dex"}) {
    const auto offset = static_cast<u32>(out.size());
    const u16 how = which++ == 0 ? u16{0} : method;
    const std::string_view contents = "contents";
    put(out, u32{0x04034b50});
    put(out, u16{20});
    put(out, u16{0});
    put(out, how);
    out.resize(out.size() + 8);
    put(out, static_cast<u32>(contents.size()));
    put(out, static_cast<u32>(contents.size()));
    put(out, static_cast<u16>(name.size()));
    put(out, u16{3});  // alignment bytes
    text(out, name);
    text(out, "pad");
    text(out, contents);
    put(directory, u32{0x02014b50});
    directory.resize(directory.size() + 4);
    put(directory, u16{0});
    put(directory, how);
    directory.resize(directory.size() + 8);
    put(directory, static_cast<u32>(contents.size()));
    put(directory, static_cast<u32>(contents.size()));
    put(directory, static_cast<u16>(name.size()));
    directory.resize(directory.size() + 12);
    put(directory, offset);
    text(directory, name);
  }
  const auto begin = static_cast<u32>(out.size());
  out.insert(out.end(), directory.begin(), directory.end());
  put(out, u32{0x06054b50});
  put(out, u32{0});
  put(out, u16{2});
  put(out, u16{2});
  put(out, static_cast<u32>(directory.size()));
  put(out, begin);
  put(out, static_cast<u16>(comment.size()));
  text(out, comment);
  return out;
}

TEST(Zip, AStoredMemberIsFoundWhereItLies) {
  for (const std::string_view comment : {"", "a comment", "PK\x05\x06 within a comment"}) {
    const auto bytes = archive(8, comment);
    const auto member = find_in_zip(bytes, "lib/libx.so");
    ASSERT_TRUE(member) << member.error().message();
    EXPECT_EQ(ByteView(bytes, std::endian::little).slice(member->offset, member->bytes)->chars(), "contents");
  }
}

TEST(Zip, ACompressedMemberIsRefusedWithTheReason) {
  const auto member = find_in_zip(archive(), "classes.dex");
  ASSERT_FALSE(member);
  EXPECT_EQ(member.error().code(), Errc::unsupported);
  EXPECT_THAT(member.error().message(), testing::HasSubstr("compressed (method 8)"));
}

TEST(Zip, AMissingMemberIsToldWithTheNearest) {
  const auto member = find_in_zip(archive(), "lib/liby.so");
  ASSERT_FALSE(member);
  EXPECT_EQ(member.error().code(), Errc::not_found);
  EXPECT_THAT(member.error().message(), testing::HasSubstr("did you mean lib/libx.so?"));
}

TEST(Zip, EveryTruncationIsAnError) {
  const auto bytes = archive();
  for (std::size_t kept = 0; kept < bytes.size(); ++kept) {
    EXPECT_FALSE(find_in_zip(std::span(bytes).first(kept), "lib/libx.so")) << kept;
  }
}

TEST(Zip, AFlippedByteIsAnErrorOrAMemberWithin) {
  auto bytes = archive();
  for (std::byte& byte : bytes) {
    byte ^= std::byte{0xff};
    if (const auto member = find_in_zip(bytes, "lib/libx.so")) {
      EXPECT_TRUE(ByteView(bytes, std::endian::little).holds(member->offset, member->bytes));
    }
    byte ^= std::byte{0xff};
  }
}

}  // namespace
}  // namespace skep::host

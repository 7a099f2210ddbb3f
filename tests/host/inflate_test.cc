#include "host/inflate.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "base/bytes.h"

namespace skep::host {
namespace {

using Bytes = std::vector<std::byte>;

Bytes text_bytes(std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i) {
    text += cat("CONFIG_NUMBER_", i * 7919, "=y\n");
  }
  const auto raw = std::as_bytes(std::span(text));
  return {raw.begin(), raw.end()};
}

Bytes gzip(const Bytes& bytes) {
  Bytes out(bytes.size() + 1000);
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Bytes zstd(const Bytes& bytes) {
  Bytes out(ZSTD_compressBound(bytes.size()));
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

struct Format {
  std::string_view name;
  Bytes (*pack)(const Bytes&);
  Result<Bytes> (*unpack)(std::span<const std::byte>, std::size_t);
};
const std::array<Format, 2> formats{{{"gzip", gzip, gunzip}, {"zstd", zstd, unzstd}}};

TEST(Inflate, GivesBackWhatWasPacked) {
  for (const Format& format : formats) {
    for (const std::size_t lines : {0UL, 1UL, 100UL, 20000UL}) {
      const Bytes bytes = text_bytes(lines);
      EXPECT_EQ(format.unpack(format.pack(bytes), bytes.size()).value(), bytes) << format.name << lines;
      EXPECT_EQ(inflate_any(format.pack(bytes), bytes.size()).value(), bytes) << format.name << lines;
    }
  }
  EXPECT_EQ(inflate_any(text_bytes(3), 0).value(), text_bytes(3)) << "what is not compressed stays as it is";
}

TEST(Inflate, PartsFollowOneAnother) {
  for (const Format& format : formats) {
    Bytes packed = format.pack(text_bytes(10));
    const Bytes once = packed;
    packed.insert(packed.end(), once.begin(), once.end());
    EXPECT_EQ(format.unpack(packed, 1u << 20).value().size(), 2 * text_bytes(10).size()) << format.name;
    packed.push_back(std::byte{'x'});
    const auto refused = format.unpack(packed, 1u << 20);
    ASSERT_FALSE(refused) << format.name;
  }
}

TEST(Inflate, TheLimitHolds) {
  const Bytes bytes(std::size_t{8} << 20);  // of zeroes: it packs to a few kilobytes
  for (const Format& format : formats) {
    const auto refused = format.unpack(format.pack(bytes), bytes.size() - 1);
    ASSERT_FALSE(refused) << format.name;
    EXPECT_EQ(refused.error().code(), Errc::invalid);
    EXPECT_EQ(refused.error().message(),
              cat(format.name, ": want at most 8388607 bytes when unpacked, have more"));
  }
}

TEST(Inflate, EveryTruncationIsAnError) {
  for (const Format& format : formats) {
    const Bytes packed = format.pack(text_bytes(50));
    for (std::size_t kept = 0; kept < packed.size(); ++kept) {
      const auto refused = format.unpack(std::span(packed).first(kept), 1u << 20);
      ASSERT_FALSE(refused) << format.name << " cut to " << kept;
      EXPECT_EQ(refused.error().code(), kept < 4 ? refused.error().code() : Errc::truncated)
          << format.name << " cut to " << kept << ": " << refused.error().message();
    }
  }
}

TEST(Inflate, EveryChangedByteIsReadOrRefused) {
  for (const Format& format : formats) {
    Bytes packed = format.pack(text_bytes(50));
    std::size_t refused = 0;
    for (std::byte& byte : packed) {
      byte ^= std::byte{0x41};
      const auto result = format.unpack(packed, 1u << 16);
      refused += result ? 0 : 1;
      EXPECT_TRUE(!result || result->size() <= 1u << 16);
      byte ^= std::byte{0x41};
    }
    EXPECT_GT(refused, packed.size() / 4) << format.name;
  }
}

}  // namespace
}  // namespace skep::host

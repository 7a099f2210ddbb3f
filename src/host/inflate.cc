#include "host/inflate.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace skep::host {

namespace {

constexpr std::size_t first_bytes = std::size_t{64} << 10;

bool begins_with(std::span<const std::byte> bytes, std::span<const u8> magic) {
  return bytes.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin(),
                    [](u8 want, std::byte have) { return std::byte{want} == have; });
}

/// Output that doubles as it fills up, but never beyond its limit. One byte more than the limit may be written, which tells that there is too much.
class Output {
 public:
  Output(std::string_view format, std::size_t most) : format_(format), most_(most) {}

  /// Room to write to; `used` bytes of it are then taken by took().
  std::span<std::byte> room() {
    if (used_ == bytes_.size()) {
      bytes_.resize(std::min(std::max(first_bytes, 2 * bytes_.size()), most_ + 1));
    }
    return std::span(bytes_).subspan(used_);
  }
  /// Errors: invalid, when the limit is passed.
  Result<void> took(std::size_t bytes) {
    used_ += bytes;
    if (used_ > most_) {
      return fail(Errc::invalid, cat(format_, ": want at most ", most_, " bytes when unpacked, have more"));
    }
    return {};
  }
  std::vector<std::byte> finish() && {
    bytes_.resize(used_);
    return std::move(bytes_);
  }

 private:
  std::string_view format_;
  std::size_t most_;
  std::size_t used_ = 0;
  std::vector<std::byte> bytes_;
};

/// A zlib stream that is ended when it goes out of scope.
class Inflater {
 public:
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }
  bool start() {
    constexpr int gzip_only = 16;  // added to the window's size: want a gzip header and its checksum
    return inflateInit2(&stream_, MAX_WBITS + gzip_only) == Z_OK;
  }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

/// Unpacks the member that `bytes` begin with. Returns how many bytes it takes up.
Result<std::size_t> gunzip_member(std::span<const std::byte> bytes, Output& out) {
  Inflater inflater;
  if (!inflater.start()) {
    throw std::bad_alloc();  // the only reason there can be: the parameters are constants
  }
  z_stream& stream = inflater.stream();
  std::size_t used = 0;
  for (;;) {
    const std::span<std::byte> room = out.room();
    const std::span<const std::byte> rest = bytes.subspan(used);
    constexpr std::size_t most_step = std::size_t{1} << 30;  // zlib counts in 32 bits
    const std::size_t in = std::min(rest.size(), most_step);
    const std::size_t space = std::min(room.size(), most_step);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest.data()));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(space);
    const int state = inflate(&stream, Z_NO_FLUSH);
    used += in - stream.avail_in;
    SKEP_CHECK(out.took(space - stream.avail_out));
    if (state == Z_STREAM_END) {
      return used;
    }
    if (state == Z_MEM_ERROR) {
      throw std::bad_alloc();
    }
    if (state == Z_BUF_ERROR || (state == Z_OK && used == bytes.size() && stream.avail_out != 0)) {
      return fail(Errc::truncated, cat("gzip: the file ends after ", bytes.size(), " bytes, in the middle"));
    }
    if (state != Z_OK) {
      return fail(Errc::malformed, cat("gzip: ", stream.msg != nullptr ? stream.msg : "not such a file",
                                       ", near byte ", used));
    }
  }
}

}  // namespace

bool is_gzip(std::span<const std::byte> bytes) {
  return begins_with(bytes, std::array<u8, 2>{0x1f, 0x8b});
}

bool is_zstd(std::span<const std::byte> bytes) {
  return begins_with(bytes, std::array<u8, 4>{0x28, 0xb5, 0x2f, 0xfd});
}

Result<std::vector<std::byte>> gunzip(std::span<const std::byte> bytes, std::size_t most_bytes) {
  if (!is_gzip(bytes)) {
    return fail(Errc::malformed, "gzip: the file does not begin as such a file does");
  }
  Output out("gzip", most_bytes);
  while (!bytes.empty()) {
    SKEP_TRY(const std::size_t used, gunzip_member(bytes, out));
    bytes = bytes.subspan(used);
    if (!bytes.empty() && !is_gzip(bytes)) {
      return fail(Errc::malformed, cat("gzip: ", bytes.size(), " bytes follow the end"));
    }
  }
  return std::move(out).finish();
}

Result<std::vector<std::byte>> unzstd(std::span<const std::byte> bytes, std::size_t most_bytes) {
  if (!is_zstd(bytes)) {
    return fail(Errc::malformed, "zstd: the file does not begin as such a file does");
  }
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  if (context == nullptr) {
    throw std::bad_alloc();
  }
  Output out("zstd", most_bytes);
  ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
  std::size_t wanted = 1;  // 0: a frame is complete
  while (in.pos < in.size || wanted != 0) {
    const std::span<std::byte> room = out.room();
    ZSTD_outBuffer into{.dst = room.data(), .size = room.size(), .pos = 0};
    const std::size_t before = in.pos;
    wanted = ZSTD_decompressStream(context.get(), &into, &in);
    if (ZSTD_isError(wanted) != 0) {
      const bool is_window = ZSTD_getErrorCode(wanted) == ZSTD_error_frameParameter_windowTooLarge;
      return fail(is_window ? Errc::unsupported : Errc::malformed,
                  cat("zstd: ", ZSTD_getErrorName(wanted), ", near byte ", in.pos));
    }
    SKEP_CHECK(out.took(into.pos));
    if (wanted != 0 && in.pos == in.size && in.pos == before && into.pos < into.size) {
      return fail(Errc::truncated, cat("zstd: the file ends after ", bytes.size(), " bytes, in the middle"));
    }
  }
  return std::move(out).finish();
}

Result<std::vector<std::byte>> inflate_any(std::span<const std::byte> bytes, std::size_t most_bytes) {
  if (is_gzip(bytes)) {
    return gunzip(bytes, most_bytes);
  }
  if (is_zstd(bytes)) {
    return unzstd(bytes, most_bytes);
  }
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace skep::host

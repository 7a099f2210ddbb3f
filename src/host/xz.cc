#include <lzma.h>

#include <algorithm>

#include "host/inflate.h"

namespace skep::host {

namespace {

constexpr u64 most_memory_bytes = u64{128} << 20;
constexpr std::size_t first_bytes = std::size_t{64} << 10;

/// A decoder that is ended when it goes out of scope.
class Decoder {
 public:
  Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { lzma_end(&stream_); }
  lzma_stream* operator->() { return &stream_; }
  lzma_stream* get() { return &stream_; }

 private:
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

std::unexpected<Error> fail_lzma(lzma_ret answer) {
  switch (answer) {
    case LZMA_MEMLIMIT_ERROR:
    case LZMA_OPTIONS_ERROR:
      return fail(Errc::unsupported,
                  "xz: it needs more than 128 MiB of memory, or a filter that is not known");
    case LZMA_FORMAT_ERROR: return fail(Errc::malformed, "xz: not in this format");
    case LZMA_MEM_ERROR: return fail(Errc::kernel, "xz: no memory");
    case LZMA_BUF_ERROR: return fail(Errc::truncated, "xz: the data ends before its end mark");
    default: return fail(Errc::malformed, "xz: the data are damaged");
  }
}

}  // namespace

Result<std::vector<std::byte>> unxz(std::span<const std::byte> bytes, std::size_t most_bytes) {
  Decoder decoder;
  if (const lzma_ret answer = lzma_stream_decoder(decoder.get(), most_memory_bytes, 0); answer != LZMA_OK) {
    return fail_lzma(answer);
  }
  decoder->next_in = reinterpret_cast<const u8*>(bytes.data());
  decoder->avail_in = bytes.size();
  std::vector<std::byte> out;
  for (;;) {
    const std::size_t used = out.size();
    if (used > most_bytes) {
      return fail(Errc::invalid, cat("xz: want at most ", most_bytes, " bytes when unpacked, have more"));
    }
    out.resize(std::min(std::max(first_bytes, 2 * used), most_bytes + 1));
    decoder->next_out = reinterpret_cast<u8*>(out.data() + used);
    decoder->avail_out = out.size() - used;
    const lzma_ret answer = lzma_code(decoder.get(), LZMA_FINISH);
    out.resize(out.size() - decoder->avail_out);
    if (answer == LZMA_STREAM_END) {
      return out.size() > most_bytes
                 ? Result<std::vector<std::byte>>(fail(Errc::invalid, "xz: too much when unpacked"))
                 : std::move(out);
    }
    if (answer != LZMA_OK) {
      return fail_lzma(answer);
    }
  }
}

}  // namespace skep::host

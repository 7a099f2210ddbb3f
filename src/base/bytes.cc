#include "base/bytes.h"

namespace skep {

std::unexpected<Error> ByteView::out_of_range(u64 offset, u64 length) const {
  return fail(Errc::truncated, cat("want ", length, " bytes at offset ", offset, ", have ", size()));
}

Result<std::string_view> ByteView::c_string(u64 offset) const {
  if (offset >= size()) {
    return fail(Errc::truncated, cat("want a string at offset ", offset, ", have ", size(), " bytes"));
  }
  const std::string_view rest = chars().substr(offset);
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) {
    return fail(Errc::truncated,
                cat("the string at offset ", offset, " has no end within ", size(), " bytes"));
  }
  return rest.substr(0, end);
}

}  // namespace skep

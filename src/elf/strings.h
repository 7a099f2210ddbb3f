// Names in string tables that nobody vouches for.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace skep::elf {

/// A name of a section, symbol or version that has more bytes than this is none: else a table of nothing but one name would cost a square.
inline constexpr u64 most_name_bytes = u64{1} << 13;

/// The NUL-terminated text at `offset` when its NUL is among the first `most` bytes there, of which no more are looked at.
inline std::optional<std::string_view> short_string(ByteView strings, u64 offset,
                                                    u64 most = most_name_bytes) {
  if (offset >= strings.size()) {
    return std::nullopt;
  }
  const std::string_view rest = strings.chars().substr(offset, most);
  const std::size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::nullopt : std::optional(rest.substr(0, end));
}

}  // namespace skep::elf

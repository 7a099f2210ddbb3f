// Kernel releases as numbers that compare.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"

namespace skep::host {

/// The first two numbers of a kernel's release, which are all that its abilities depend on.
struct Release {
  u32 major = 0;
  u32 minor = 0;
  friend constexpr auto operator<=>(const Release&, const Release&) = default;
};

/// "6.1.0-26-amd64" is {6, 1}; nothing when the text does not begin with two numbers.
constexpr std::optional<Release> parse_release(std::string_view text) {
  u32 numbers[2] = {};
  std::size_t at = 0;
  for (u32& number : numbers) {
    if (&number != &numbers[0]) {
      if (at >= text.size() || text[at] != '.') {
        return std::nullopt;
      }
      ++at;
    }
    const std::size_t first = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - first < 6) {
      number = number * 10 + static_cast<u32>(text[at] - '0');
      ++at;
    }
    if (at == first) {
      return std::nullopt;
    }
  }
  return Release{.major = numbers[0], .minor = numbers[1]};
}

/// "6.1".
inline std::string text_of(Release release) {
  return cat(release.major, ".", release.minor);
}

}  // namespace skep::host

// Small text helpers. Messages are built with cat(): no format strings, no locale, one allocation.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "skep/types.h"

namespace skep {

namespace text_detail {

/// One argument of cat(): text as it is, or a number in decimal held in place.
class Piece {
 public:
  Piece(std::string_view text) : text_(text) {}
  Piece(const std::string& text) : text_(text) {}
  Piece(const char* text) : text_(text) {}
  template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, bool>)
  Piece(T number) {
    const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), number).ptr;
    text_ = {digits_.data(), static_cast<std::size_t>(end - digits_.data())};
  }
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;
  std::string_view text() const { return text_; }

 private:
  std::array<char, 24> digits_;
  std::string_view text_;
};

std::string join(std::initializer_list<std::string_view> pieces);

}  // namespace text_detail

/// The arguments (text and integers) one after another.
template <class... Args>
std::string cat(const Args&... args) {
  return [](const auto&... pieces) {
    return text_detail::join({pieces.text()...});
  }(text_detail::Piece(args)...);
}

/// "0x1f" for 31.
std::string hex(u64 number);

/// `parts` with `separator` between them.
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// The lines or fields of `text`; an empty text has none, and a trailing separator adds none.
std::vector<std::string_view> split(std::string_view text, char separator);

/// `text` without white space at either end.
std::string_view trim(std::string_view text);

/// `text` cut to the part before its first NUL; for fixed-size names from the kernel.
std::string_view until_nul(std::string_view text);

/// The names nearest to `wanted` by edit distance (two swapped letters are one edit), best first, equally near ones by name: for "did you mean". Only
/// those a typing error away.
std::vector<std::string> nearest(std::string_view wanted, const std::vector<std::string_view>& names,
                                 std::size_t most = 3);

}  // namespace skep

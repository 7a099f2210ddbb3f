#include "cli/visible.h"

#include <algorithm>
#include <span>

namespace skep::cli {

namespace {

constexpr u8 byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<u8>(text[at]) : u8{0};
}

/// How many bytes the code point at the front takes; 0: it is no UTF-8 (too long a form, a surrogate and beyond U+10FFFF are none).
std::size_t code_point_bytes(std::string_view text) {
  struct Form {
    u8 first, last;          // of the first byte
    u8 second, second_last;  // of the second byte
    std::size_t bytes;
  };
  static constexpr Form forms[] = {
      {0x00, 0x7f, 0, 0xff, 1},    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
      {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
      {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
  };
  const u8 first = byte_at(text, 0);
  const u8 second = byte_at(text, 1);
  const auto form =
      std::ranges::find_if(forms, [&](const Form& one) { return first >= one.first && first <= one.last; });
  if (form == std::end(forms) || form->bytes > text.size() || second < form->second ||
      second > form->second_last) {
    return 0;
  }
  const std::string_view rest = text.substr(0, form->bytes).substr(std::min<std::size_t>(form->bytes, 2));
  return std::ranges::all_of(rest, [](char c) { return (static_cast<u8>(c) & 0xc0) == 0x80; }) ? form->bytes
                                                                                               : 0;
}

bool is_control(std::string_view code_point) {
  const u8 first = byte_at(code_point, 0);
  return first < 0x20 || first == 0x7f || (first == 0xc2 && byte_at(code_point, 1) < 0xa0);
}

/// "\x1b[1m" at the front; empty where there is none.
std::string_view code_at(std::string_view text) {
  if (!text.starts_with("\x1b[")) {
    return {};
  }
  const std::size_t end = text.find_first_not_of("0123456789;", 2);
  return end < text.size() && text[end] == 'm' ? text.substr(0, end + 1) : std::string_view{};
}

void append_escaped(std::string& shown, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : bytes) {
    const u8 byte = static_cast<u8>(c);
    shown += "\\x";
    shown += digits[byte >> 4];
    shown += digits[byte & 15];
  }
}

}  // namespace

std::string visible(std::string_view text, const Harmless& harmless) {
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    const std::string_view code = harmless.is_code == nullptr ? std::string_view{} : code_at(text);
    const std::size_t bytes = code_point_bytes(text);
    std::string_view piece = text.substr(0, std::max<std::size_t>(bytes, 1));
    if (!code.empty() && harmless.is_code(code)) {
      piece = code;
      shown += code;
    } else if (bytes == 0 || (is_control(piece) && !harmless.controls.contains(piece.front()))) {
      append_escaped(shown, piece);
    } else {
      shown += piece;
    }
    text.remove_prefix(piece.size());
  }
  return shown;
}

}  // namespace skep::cli

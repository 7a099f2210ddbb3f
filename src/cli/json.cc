#include "cli/json.h"

#include <array>
#include <charconv>
#include <cmath>

namespace skep::cli {

namespace {

/// How many bytes of `text` are one well-formed UTF-8 character; 0 when its first byte begins none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<u8>(text[i]); };
  const u8 first = byte(0);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xc2 && first < 0xe0 ? 2
                             : first >= 0xe0 && first < 0xf0 ? 3
                             : first >= 0xf0 && first < 0xf5 ? 4
                                                             : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  // overlong forms, surrogates and what lies beyond Unicode
  const bool bad = length > 2 && ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) >= 0xa0) ||
                                  (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) >= 0x90));
  return bad ? 0 : length;
}

void add_control(std::string& out, u8 byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (byte) {
    case '\n': out += "\\n"; break;
    case '\t': out += "\\t"; break;
    case '\r': out += "\\r"; break;
    default:
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
  }
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const u8 first = static_cast<u8>(text[0]);
    if (length == 0) {
      out += "\xef\xbf\xbd";  // U+FFFD, the replacement character
    } else if (first < 0x20) {
      add_control(out, first);
    } else {
      out += first == '"' || first == '\\' ? "\\" : "";
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out + '"';
}

Json::Json(std::string_view text) : text_(quoted(text)) {}

Json::Json(double value) : text_("null") {
  if (std::isfinite(value)) {
    std::array<char, 32> digits;
    text_.assign(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
  }
}

Json::Json(std::initializer_list<Member> members) : kind_(Kind::object) {
  for (const Member& member : members) {
    set(member.name, member.value);
  }
}

Json Json::array() {
  return Json(Kind::array);
}

Json Json::object() {
  return Json(Kind::object);
}

void Json::add(std::string_view text) {
  text_ += text_.empty() || text.empty() ? "" : ",";
  text_ += text;
}

void Json::push_back(const Json& value) {
  add(value.text());
}

void Json::set(std::string_view name, const Json& value) {
  add(quoted(name) + ":" + value.text());
}

void Json::merge(const Json& other) {
  add(other.text_);
}

std::string Json::text() const {
  switch (kind_) {
    case Kind::scalar: return text_;
    case Kind::array: return "[" + text_ + "]";
    case Kind::object: return "{" + text_ + "}";
  }
  return text_;
}

}  // namespace skep::cli

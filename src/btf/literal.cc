#include "btf/literal.h"

namespace skep::btf {

namespace {

/// The digit's value in any base up to 16; 16 for what is none.
u32 digit_value(char c) {
  if (c >= '0' && c <= '9') {
    return static_cast<u32>(c - '0');
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<u32>(lower - 'a' + 10) : 16;
}

/// low/high * base + digit; false when it does not fit 128 bits.
bool append_digit(Number& number, u32 base, u32 digit) {
  // Four 32-bit limbs, so that no product needs more than 64 bits.
  u64 limbs[4] = {number.low & 0xffffffff, number.low >> 32, number.high & 0xffffffff, number.high >> 32};
  u64 carry = digit;
  for (u64& limb : limbs) {
    limb = limb * base + carry;
    carry = limb >> 32;
    limb &= 0xffffffff;
  }
  number.low = limbs[1] << 32 | limbs[0];
  number.high = limbs[3] << 32 | limbs[2];
  return carry == 0;
}

struct Escape {
  char letter;
  char byte;
};
constexpr auto escapes = std::to_array<Escape>({{'n', '\n'},
                                                {'t', '\t'},
                                                {'r', '\r'},
                                                {'a', '\a'},
                                                {'b', '\b'},
                                                {'f', '\f'},
                                                {'v', '\v'},
                                                {'\\', '\\'},
                                                {'"', '"'},
                                                {'\'', '\''},
                                                {'?', '?'}});

/// One escape after its backslash; `text` loses what is read.
Result<char> read_escape(std::string_view& text) {
  const bool is_hex = text.starts_with('x');
  const u32 base = is_hex ? 16 : 8;
  std::string_view digits = text.substr(is_hex ? 1 : 0);
  u32 value = 0;
  std::size_t used = 0;
  while (used < (is_hex ? 2 : 3) && used < digits.size() && digit_value(digits[used]) < base) {
    value = value * base + digit_value(digits[used]);
    ++used;
  }
  if (used != 0 && value <= 0xff) {
    text = digits.substr(used);
    return static_cast<char>(value);
  }
  for (const Escape& escape : escapes) {
    if (text.starts_with(escape.letter)) {
      text.remove_prefix(1);
      return escape.byte;
    }
  }
  return fail(Errc::invalid, cat("unknown escape \\", text.substr(0, 1)));
}

}  // namespace

bool Number::fits(u32 bits, bool is_signed) const {
  if (high != 0) {
    return false;
  }
  const u64 top = u64{1} << (bits - 1);
  if (is_signed) {
    return is_negative ? low <= top : low < top;
  }
  return (!is_negative || low == 0) && low <= (top - 1) + top;
}

Result<std::optional<Number>> read_number(std::string_view text) {
  if (text == "true" || text == "false") {
    return Number{.low = u64{text == "true"}};
  }
  if (text.starts_with('\'')) {
    if (end_of_literal(text) != text.size()) {
      return std::nullopt;
    }
    SKEP_TRY(const std::string character, read_string(text));
    if (character.size() != 1) {
      return fail(Errc::invalid, cat("want one character, have ", text));
    }
    return Number{.low = static_cast<unsigned char>(character[0])};
  }
  Number number;
  std::string_view digits = text;
  if (digits.starts_with('-') || digits.starts_with('+')) {
    number.is_negative = digits.starts_with('-');
    digits.remove_prefix(1);
  }
  u32 base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char mark = static_cast<char>(digits[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    digits.remove_prefix(base == 8 ? 1 : 2);
  }
  if (digits.empty()) {
    return std::nullopt;
  }
  for (const char c : digits) {
    const u32 digit = digit_value(c);
    if (digit >= base) {
      return std::nullopt;
    }
    if (!append_digit(number, base, digit)) {
      return fail(Errc::invalid, cat(text, " does not fit 128 bits"));
    }
  }
  return number;
}

std::size_t end_of_literal(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == text[0]) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

Result<std::string> read_string(std::string_view literal) {
  if (literal.size() < 2 || end_of_literal(literal) != literal.size()) {
    return fail(Errc::invalid, cat("want one string in quotes, have ", literal));
  }
  std::string_view rest = literal.substr(1, literal.size() - 2);
  std::string bytes;
  while (!rest.empty()) {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c != '\\') {
      bytes.push_back(c);
      continue;
    }
    SKEP_TRY(const char byte, read_escape(rest));
    bytes.push_back(byte);
  }
  return bytes;
}

}  // namespace skep::btf

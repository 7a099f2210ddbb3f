#include "base/glob.h"

namespace skep {

Glob::Glob(std::string_view pattern) : pattern_(pattern) {
  constexpr std::size_t bytes = 256;
  std::size_t from = 0;
  while (true) {
    const std::size_t star = pattern.find('*', from);
    Part part;
    part.text = pattern.substr(from, star == std::string_view::npos ? star : star - from);
    part.is_plain = part.text.find('?') == std::string::npos;
    has_question_ = has_question_ || !part.is_plain;
    parts_.push_back(std::move(part));
    if (star == std::string_view::npos) {
      break;
    }
    from = star + 1;
  }
  // Only what lies between two stars is searched for; the first and the last part have their places.
  for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
    Part& part = parts_[i];
    part.words = (part.text.size() + 63) / 64;
    part.places.resize(bytes * part.words);
    for (std::size_t at = 0; at < part.text.size(); ++at) {
      const u64 bit = u64{1} << at % 64;
      for (std::size_t byte = 0; byte < bytes; ++byte) {
        if (part.text[at] == '?' || static_cast<unsigned char>(part.text[at]) == byte) {
          part.places[byte * part.words + at / 64] |= bit;
        }
      }
    }
  }
}

bool Glob::fits_at(const Part& part, std::string_view text, std::size_t at) {
  if (part.is_plain) {
    return text.substr(at, part.text.size()) == part.text;
  }
  for (std::size_t i = 0; i < part.text.size(); ++i) {
    if (part.text[i] != '?' && part.text[i] != text[at + i]) {
      return false;
    }
  }
  return true;
}

/// Where the part ends that begins earliest at or after `from`; npos where there is none. All beginnings are followed at once: bit i says that the text so far may end
/// with the part's first i + 1 characters.
std::size_t Glob::find(const Part& part, std::string_view text, std::size_t from) {
  if (part.text.empty()) {
    return from;
  }
  std::vector<u64> begun(part.words);
  const u64 whole = u64{1} << (part.text.size() - 1) % 64;
  for (std::size_t at = from; at < text.size(); ++at) {
    const u64* places = &part.places[static_cast<unsigned char>(text[at]) * part.words];
    u64 carry = 1;
    for (std::size_t word = 0; word < part.words; ++word) {
      const u64 next_carry = begun[word] >> 63;
      begun[word] = (begun[word] << 1 | carry) & places[word];
      carry = next_carry;
    }
    if ((begun.back() & whole) != 0) {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

bool Glob::matches(std::string_view text) const {
  const Part& first = parts_.front();
  const Part& last = parts_.back();
  if (parts_.size() == 1) {
    return text.size() == first.text.size() && fits_at(first, text, 0);
  }
  if (text.size() < first.text.size() + last.text.size() || !fits_at(first, text, 0) ||
      !fits_at(last, text, text.size() - last.text.size())) {
    return false;
  }
  const std::string_view middle = text.substr(0, text.size() - last.text.size());
  std::size_t at = first.text.size();
  for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
    at = find(parts_[i], middle, at);
    if (at == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

}  // namespace skep

// Names with wildcards: `*` stands for any number of characters, `?` for one. The time is linear in the text, however many stars there are: text comes from files of
// 100 000 names, and patterns from users.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "skep/types.h"

namespace skep {

/// A pattern, read once and matched often. Thread-safety: an immutable value.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  /// Whether the whole of `text` is what the pattern describes.
  bool matches(std::string_view text) const;
  /// False for a plain name, which only matches itself.
  bool has_wildcards() const { return parts_.size() > 1 || has_question_; }
  const std::string& pattern() const { return pattern_; }

 private:
  /// What lies between two stars: text with `?` in it, and for every byte the places where it may stand (bits; the words of one byte follow each other).
  struct Part {
    std::string text;
    std::vector<u64> places;
    std::size_t words = 0;
    bool is_plain = true;
  };
  static bool fits_at(const Part& part, std::string_view text, std::size_t at);
  static std::size_t find(const Part& part, std::string_view text, std::size_t from);

  std::string pattern_;
  std::vector<Part> parts_;  // one more than there are stars
  bool has_question_ = false;
};

/// True when `text` has a * or ?.
constexpr bool is_glob(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos;
}

/// Glob(pattern).matches(text), for a pattern that is matched once.
inline bool glob_match(std::string_view pattern, std::string_view text) {
  return Glob(pattern).matches(text);
}

}  // namespace skep

#include "base/glob.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace skep {
namespace {

struct Case {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

constexpr auto cases = std::to_array<Case>({
    {"", "", true},
    {"", "a", false},
    {"a", "a", true},
    {"a", "ab", false},
    {"?", "", false},
    {"?", "x", true},
    {"*", "", true},
    {"*", "anything", true},
    {"**", "anything", true},
    {"tcp_*", "tcp_", true},
    {"tcp_*", "tcp", false},
    {"tcp_*", "xtcp_a", false},
    {"*_sock", "inet_sock", true},
    {"*_sock", "inet_sock_", false},
    {"a*b*c", "abc", true},
    {"a*b*c", "axxbyyc", true},
    {"a*b*c", "acb", false},
    {"a*bc*bc", "abc", false},
    {"a*bc*bc", "abcbc", true},
    {"*a?c*", "xxabaxc", true},
    {"*a?c*", "xxabaxd", false},
    {"ab*ba", "aba", false},
    {"ab*ba", "abba", true},
    {"*ab*ab*", "aab", false},
    {"*aab*", "aaab", true},
    {"?*?", "a", false},
    {"?*?", "ab", true},
    {"sys_?", "sys_*", true},
});

TEST(Glob, StarsAndQuestionMarks) {
  for (const Case& test : cases) {
    EXPECT_EQ(Glob(test.pattern).matches(test.text), test.matches) << test.pattern << " on " << test.text;
  }
}

/// What the pattern means, in the simplest way there is.
bool matches_slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) {
    return text.empty();
  }
  if (pattern.front() == '*') {
    return matches_slowly(pattern.substr(1), text) ||
           (!text.empty() && matches_slowly(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern.front() == '?' || pattern.front() == text.front()) &&
         matches_slowly(pattern.substr(1), text.substr(1));
}

TEST(Glob, AgreesWithTheSlowWayOnEveryShortText) {
  constexpr std::string_view letters = "ab*?";
  std::string pattern(5, ' ');
  std::string text(6, ' ');
  for (u32 p = 0; p < 1024; ++p) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      pattern[i] = letters[p >> (2 * i) & 3];
    }
    const Glob glob(pattern);
    for (u32 t = 0; t < 64; ++t) {
      for (std::size_t i = 0; i < text.size(); ++i) {
        text[i] = letters[t >> i & 1];
      }
      ASSERT_EQ(glob.matches(text), matches_slowly(pattern, text)) << pattern << " on " << text;
    }
  }
}

TEST(Glob, PartsLongerThanAWordOfBits) {
  const std::string part(130, 'a');
  const Glob glob("*" + part + "b*");
  EXPECT_TRUE(glob.matches(std::string(500, 'a') + "b"));
  EXPECT_FALSE(glob.matches(std::string(129, 'a') + "bb"));
}

TEST(Glob, ManyStarsTakeNoLongerThanTheTextIsLong) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) {
    pattern += "*a";
  }
  EXPECT_FALSE(Glob(pattern + "*b").matches(std::string(100'000, 'a')));
}

TEST(Glob, TellsPlainNames) {
  EXPECT_FALSE(Glob("do_unlinkat").has_wildcards());
  EXPECT_TRUE(Glob("do_*").has_wildcards());
  EXPECT_TRUE(Glob("do_unlink?t").has_wildcards());
}

}  // namespace
}  // namespace skep

#include "base/text.h"

#include <gtest/gtest.h>

namespace skep {
namespace {

TEST(Cat, JoinsTextAndNumbers) {
  EXPECT_EQ(cat("a", 1, std::string("b"), u64{18446744073709551615u}, s8{-5}), "a1b18446744073709551615-5");
}

TEST(Nearest, OffersOnlyNamesATypingErrorAway) {
  const std::vector<std::string_view> names{"task_struct", "task_group", "sock"};
  EXPECT_EQ(nearest("task_strct", names), std::vector<std::string>{"task_struct"});
  EXPECT_TRUE(nearest("zzzzzz", names).empty());
}

TEST(Nearest, TakesTwoSwappedLettersForOneMistake) {
  const std::vector<std::string_view> names{"run", "lead", "load"};
  EXPECT_EQ(nearest("laod", names), std::vector<std::string>{"load"});
  EXPECT_EQ(nearest("olad", names), std::vector<std::string>{"load"});
  EXPECT_TRUE(nearest("aold", names).empty());
}

TEST(Nearest, AnotherLetterIsAnotherName) {
  EXPECT_TRUE(nearest("", {"w"}).empty());
  EXPECT_TRUE(nearest("a", {"w"}).empty());
  EXPECT_EQ(nearest("a", {"ab"}), std::vector<std::string>{"ab"});
}

TEST(Nearest, EquallyNearNamesComeInTheOrderOfTheAlphabet) {
  const std::vector<std::string_view> names{"cot", "cat", "cut"};
  EXPECT_EQ(nearest("ct", names), (std::vector<std::string>{"cat", "cot", "cut"}));
}

TEST(Split, ATrailingSeparatorAddsNothing) {
  EXPECT_EQ(split("a\nb\n", '\n').size(), 2u);
  EXPECT_TRUE(split("", '\n').empty());
}

}  // namespace
}  // namespace skep

#include <gtest/gtest.h>

#include <cerrno>

#include "base/result.h"

namespace skep {
namespace {

static_assert(sizeof(Error) == sizeof(void*));
static_assert(sizeof(Result<u32>) == 16 && sizeof(Result<u64>) == 16);

Result<int> inner(bool good) {
  if (!good) {
    return fail(Errc::malformed, "no number");
  }
  return 7;
}

Result<int> outer(bool good) {
  SKEP_TRY_IN(cat("line ", 3), const int number, inner(good));
  return number + 1;
}

TEST(Error, EachLayerAddsOneNoun) {
  EXPECT_EQ(outer(true).value(), 8);
  const auto failed = outer(false);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message(), "line 3: no number");
  EXPECT_EQ(failed.error().code(), Errc::malformed);
}

TEST(Error, AnErrnoBringsItsNameAndMeaning) {
  const Result<int> refused = fail_errno(EPERM, "create map 'hits'");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::denied);
  EXPECT_EQ(refused.error().sys_errno(), EPERM);
  EXPECT_EQ(refused.error().message(), "create map 'hits': EPERM (Operation not permitted)");
}

TEST(Error, ACloneKeepsTheLog) {
  const Error first = Error(Errc::verifier, "refused").with_log({.text = "R0 !read_ok", .true_bytes = 12});
  const Error second = first.clone();
  ASSERT_NE(second.log(), nullptr);
  EXPECT_EQ(second.log()->text, "R0 !read_ok");
}

}  // namespace
}  // namespace skep

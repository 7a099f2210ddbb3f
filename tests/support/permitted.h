// Tests that need bpf(2) pass nowhere by skipping: where this process may not use it they skip and say so, but in a guest, which permits all, that is a failure.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "skep/error.h"

namespace skep::test {

/// True in the guests that tests/kernel/run boots.
inline bool in_guest() {
  const char* guest = std::getenv("SKEP_GUEST");
  return guest != nullptr && std::string_view(guest) == "1";
}

inline bool is_denial(const Error& error) {
  return error.code() == Errc::denied || error.sys_errno() == EPERM;
}

}  // namespace skep::test

/// Leaves the test: it is not permitted, for `reason`.
#define SKEP_NOT_PERMITTED(reason)                                       \
  do {                                                                   \
    if (skep::test::in_guest()) {                                        \
      FAIL() << "a guest permits everything, yet: " << (reason);         \
    }                                                                    \
    GTEST_SKIP() << "this machine does not permit bpf(2): " << (reason); \
  } while (false)

/// Leaves the test when `error` is a denial; other errors are left to the test.
#define SKEP_SKIP_UNLESS_PERMITTED(error)    \
  do {                                       \
    if (skep::test::is_denial(error)) {      \
      SKEP_NOT_PERMITTED((error).message()); \
    }                                        \
  } while (false)

// What kernel a test happens to run on. A test that needs a newer one skips and says what this one lacks.
#pragma once

#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cstdlib>
#include <string>

namespace skep::test {

/// Whether this kernel is older than that release.
inline bool is_before(long version, long patchlevel) {
  utsname names{};
  ::uname(&names);
  char* rest = nullptr;
  const long major = std::strtol(names.release, &rest, 10);
  const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
  return major < version || (major == version && minor < patchlevel);
}

inline std::string this_release() {
  utsname names{};
  ::uname(&names);
  return names.release;
}

}  // namespace skep::test

/// Leaves the test on kernels before `version`.`patchlevel`, which lack `what`.
#define SKEP_SKIP_BEFORE(version, patchlevel, what)                             \
  do {                                                                          \
    if (skep::test::is_before(version, patchlevel)) {                           \
      GTEST_SKIP() << "Linux " << skep::test::this_release() << ": " << (what); \
    }                                                                           \
  } while (false)

// Propagation of errors, in statement form because g++ 12 leaks the earlier members of an aggregate when an expression-form TRY returns from
// inside its initialiser. `decl` is a declaration, an assignment or nothing at all:
//   SKEP_TRY(const u32 count, read_count(bytes));
//   SKEP_TRY_IN(cat("section header ", index), const auto raw, table.record<64>(offset));   // the frame is built only on failure
//   SKEP_CHECK(validate(bytes));                                                             // Result<void>
#pragma once

#include "base/text.h"
#include "skep/error.h"

#define SKEP_CONCAT_(a, b) a##b
#define SKEP_CONCAT(a, b) SKEP_CONCAT_(a, b)

#define SKEP_TRY(decl, ...) SKEP_TRY_AS_(SKEP_CONCAT(skep_result_, __LINE__), decl, __VA_ARGS__)
#define SKEP_TRY_AS_(temporary, decl, ...)                \
  auto temporary = (__VA_ARGS__);                         \
  if (!temporary) {                                       \
    return std::unexpected(std::move(temporary).error()); \
  }                                                       \
  decl = std::move(temporary).value()

#define SKEP_TRY_IN(frame, decl, ...) \
  SKEP_TRY_IN_AS_(SKEP_CONCAT(skep_result_, __LINE__), frame, decl, __VA_ARGS__)
#define SKEP_TRY_IN_AS_(temporary, frame, decl, ...)                    \
  auto temporary = (__VA_ARGS__);                                       \
  if (!temporary) {                                                     \
    return std::unexpected(std::move(temporary).error().within(frame)); \
  }                                                                     \
  decl = std::move(temporary).value()

#define SKEP_CHECK(...) SKEP_CHECK_AS_(SKEP_CONCAT(skep_result_, __LINE__), __VA_ARGS__)
#define SKEP_CHECK_AS_(temporary, ...)                    \
  if (auto temporary = (__VA_ARGS__); !temporary) {       \
    return std::unexpected(std::move(temporary).error()); \
  }                                                       \
  static_assert(true)

#define SKEP_CHECK_IN(frame, ...) SKEP_CHECK_IN_AS_(SKEP_CONCAT(skep_result_, __LINE__), frame, __VA_ARGS__)
#define SKEP_CHECK_IN_AS_(temporary, frame, ...)                        \
  if (auto temporary = (__VA_ARGS__); !temporary) {                     \
    return std::unexpected(std::move(temporary).error().within(frame)); \
  }                                                                     \
  static_assert(true)

/// Our own bugs stop the process, in every build: an error value is for input and for the world.
#define SKEP_ASSERT(condition) \
  ((condition) ? void() : ::skep::assertion_failed(#condition, __FILE__, __LINE__))

namespace skep {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}  // namespace skep

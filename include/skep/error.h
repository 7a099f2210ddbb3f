// Errors are values. `Result<T>` is what every function that can fail returns; `Error` says what was wanted, where, and what
// was there instead. Thread-safety: values; distinct objects may be used from distinct threads.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "skep/types.h"

namespace skep {

/// What a program may branch on. The text of an error is for people, the code is for code.
enum class Errc : u8 {
  truncated,    ///< the bytes end before the thing they promise
  malformed,    ///< the bytes are there and contradict themselves or the format
  not_found,    ///< a thing that must exist does not (a file, a variable, a program, a map key)
  unsupported,  ///< understood, and not possible with this skep or this kernel
  denied,       ///< a right is missing (capability, sysctl, memlock limit, lockdown)
  kernel,       ///< the kernel refused for another reason; `sys_errno()` is its word
  verifier,     ///< the verifier refused a program; `log()` is its whole log
  busy,         ///< the thing is in use; trying later can help
  invalid,      ///< the caller asked for something that makes no sense
};

/// The name of `code` as it stands in messages and JSON, e.g. "truncated".
std::string_view name_of(Errc code);

/// The verifier's log of one refused program, whole, as the kernel wrote it.
struct VerifierLog {
  std::string text;
  u32 true_bytes =
      0;  ///< what the kernel would have written (log_true_size, Linux 6.4); 0 where it does not say
  bool truncated = false;  ///< the buffer was too small: `text` holds the end of the log, not the beginning
};

/// An error: a code, a text, the kernel's errno where one is the cause, and a verifier log where there is one.
/// One pointer wide, so that Result<u32> and Result<u64> stay 16 bytes. Move-only; `clone()` copies.
class [[nodiscard]] Error {
 public:
  Error(Errc code, std::string message);
  Error(Errc code, std::string message, int sys_errno);
  Error(Error&&) noexcept;
  Error& operator=(Error&&) noexcept;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error();

  Errc code() const;
  /// The whole text, outermost noun first: "prog.o: section header 7: want 64 bytes at offset 448, have 460".
  const std::string& message() const;
  /// The kernel's errno (positive), or 0 when no system call is the cause.
  int sys_errno() const;
  /// The verifier's log, or null.
  const VerifierLog* log() const;

  /// The same error with one more noun in front of its message ("section header 7" + ": " + message).
  Error within(std::string_view frame) &&;
  /// The same error with the log attached.
  Error with_log(VerifierLog log) &&;
  /// The same error under another code (an outer layer may know better what the cause is).
  Error with_code(Errc code) &&;
  Error clone() const;

 private:
  struct Detail;
  std::unique_ptr<Detail> detail_;
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for `return std::unexpected(Error(...))`.
[[nodiscard]] std::unexpected<Error> fail(Errc code, std::string message);
/// An error whose cause is a system call: picks the code from `sys_errno` (EPERM and EACCES: denied, EBUSY: busy, ENOENT: not_found,
/// else kernel) and appends the errno's name and meaning to the message.
[[nodiscard]] std::unexpected<Error> fail_errno(int sys_errno, std::string message);

/// "EINVAL" for 22; "errno 4097" for what this table does not know.
std::string errno_name(int sys_errno);

}  // namespace skep

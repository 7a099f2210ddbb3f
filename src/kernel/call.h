// What every wrapper of a bpf(2) command does: zero an arm, fill it, call, and turn a negative answer into an Error with a subject.
#pragma once

#include <cstring>
#include <span>
#include <string>

#include "base/result.h"
#include "kernel/kernel.h"
#include "skep/fd.h"

namespace skep::kernel {

/// An arm of `union bpf_attr` with every byte zero, padding too. (`Arm{}` may leave padding as it was, and the kernel may look at it.)
template <class Arm>
Arm zeroed() {
  Arm arm;
  std::memset(&arm, 0, sizeof arm);
  return arm;
}

/// A pointer as the kernel takes it: 64 bits, whatever the process has.
inline u64 address_of(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

/// Copies a name into a fixed field, cut so that a NUL follows. What the kernel allows in it is the caller's affair.
template <std::size_t N>
void copy_name(char (&field)[N], std::string_view name) {
  name.copy(field, N - 1);
}

/// The answer of the kernel, or an Error "subject: EPERM (Operation not permitted)". `subject` is a text or a callable that makes one, so that
/// it costs nothing when all goes well.
template <class Subject>
Result<int> answer(int raw, const Subject& subject) {
  if (raw >= 0) {
    return raw;
  }
  if constexpr (std::is_invocable_v<Subject>) {
    return fail_errno(-raw, subject());
  } else {
    return fail_errno(-raw, std::string(subject));
  }
}

/// answer() for commands that return a descriptor.
template <class Subject>
Result<Fd> descriptor(int raw, const Subject& subject) {
  SKEP_TRY(const int fd, answer(raw, subject));
  return Fd(fd);
}

/// answer() for commands that return 0.
template <class Subject>
Result<void> done(int raw, const Subject& subject) {
  SKEP_CHECK(answer(raw, subject));
  return {};
}

}  // namespace skep::kernel

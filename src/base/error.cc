#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/result.h"

namespace skep {

struct Error::Detail {
  Errc code;
  int sys_errno;
  std::string message;
  std::unique_ptr<VerifierLog> log;
};

std::string_view name_of(Errc code) {
  switch (code) {
    case Errc::truncated: return "truncated";
    case Errc::malformed: return "malformed";
    case Errc::not_found: return "not_found";
    case Errc::unsupported: return "unsupported";
    case Errc::denied: return "denied";
    case Errc::kernel: return "kernel";
    case Errc::verifier: return "verifier";
    case Errc::busy: return "busy";
    case Errc::invalid: return "invalid";
  }
  return "unknown";
}

Error::Error(Errc code, std::string message) : Error(code, std::move(message), 0) {}
Error::Error(Errc code, std::string message, int sys_errno)
    : detail_(
          new Detail{.code = code, .sys_errno = sys_errno, .message = std::move(message), .log = nullptr}) {}
Error::Error(Error&&) noexcept = default;
Error& Error::operator=(Error&&) noexcept = default;
Error::~Error() = default;

Errc Error::code() const {
  return detail_->code;
}
const std::string& Error::message() const {
  return detail_->message;
}
int Error::sys_errno() const {
  return detail_->sys_errno;
}
const VerifierLog* Error::log() const {
  return detail_->log.get();
}

Error Error::within(std::string_view frame) && {
  detail_->message.insert(0, ": ");
  detail_->message.insert(0, frame);
  return std::move(*this);
}

Error Error::with_log(VerifierLog log) && {
  detail_->log = std::make_unique<VerifierLog>(std::move(log));
  return std::move(*this);
}

Error Error::with_code(Errc code) && {
  detail_->code = code;
  return std::move(*this);
}

Error Error::clone() const {
  Error copy(detail_->code, detail_->message, detail_->sys_errno);
  if (detail_->log) {
    copy.detail_->log = std::make_unique<VerifierLog>(*detail_->log);
  }
  return copy;
}

std::unexpected<Error> fail(Errc code, std::string message) {
  return std::unexpected(Error(code, std::move(message)));
}

std::unexpected<Error> fail_errno(int sys_errno, std::string message) {
  const Errc code = sys_errno == EPERM || sys_errno == EACCES ? Errc::denied
                    : sys_errno == EBUSY                      ? Errc::busy
                    : sys_errno == ENOENT                     ? Errc::not_found
                                                              : Errc::kernel;
  return std::unexpected(
      Error(code, cat(message, ": ", errno_name(sys_errno), " (", std::strerror(sys_errno), ")"), sys_errno));
}

std::string errno_name(int sys_errno) {
  constexpr int enotsupp = 524;  // the kernel's own ENOTSUPP leaks out of bpf(2); libc has no name for it
  if (sys_errno == enotsupp) {
    return "ENOTSUPP";
  }
  const char* name = strerrorname_np(sys_errno);
  return name != nullptr ? name : cat("errno ", sys_errno);
}

void assertion_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "skep: bug: %s does not hold at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace skep

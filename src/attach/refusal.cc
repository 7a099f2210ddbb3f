#include "attach/refusal.h"

#include <cerrno>

#include "base/text.h"
#include "host/denied.h"

namespace skep::attach {
namespace {

constexpr int enotsupp = 524;  // the kernel's own, which leaks out of bpf(2)

/// What Linux answers to an attach type, a flag or a field that it does not know.
bool may_mean_unknown(int sys_errno) {
  return sys_errno == EINVAL || sys_errno == EOPNOTSUPP || sys_errno == enotsupp || sys_errno == E2BIG ||
         sys_errno == ENOPROTOOPT;
}

}  // namespace

bool is_before(const host::Facts& facts, host::Release since) {
  const auto release = facts.release();
  return release && *release < since;
}

Error with_reason(Error error, const host::Facts& facts, const AttachOptions& options, const Needs& needs) {
  const int why = error.sys_errno();
  if (error.code() == Errc::denied) {
    const host::DeniedCall like{.what = host::DeniedCall::What::prog_load, .prog_type = needs.rights_of};
    return Error(Errc::denied, cat(error.message(), "; ", host::explain_denied(like, options.root)), why);
  }
  if (!may_mean_unknown(why)) {
    return error;
  }
  if (is_before(facts, needs.since)) {
    return Error(Errc::unsupported,
                 cat(error.message(), "; ", needs.noun, ": needs Linux ", host::text_of(needs.since),
                     " (this is ", host::text_of(*facts.release()), ")"),
                 why);
  }
  if (why != EINVAL && why != E2BIG && !needs.config.empty()) {
    return Error(Errc::unsupported,
                 cat(error.message(), "; ", needs.noun, ": needs a kernel with ", needs.config), why);
  }
  return error;
}

}  // namespace skep::attach

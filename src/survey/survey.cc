#include "survey/survey.h"

#include <cerrno>

#include "base/result.h"
#include "host/denied.h"
#include "host/syscalls.h"
#include "kernel/token.h"
#include "load/this_machine.h"

namespace skep::survey {
namespace {

std::string since_text(Release since) {
  return since.is_known() ? to_text(since) : std::string();
}

/// A token needs a bpf file system with delegations; no descriptor at all is enough to see whether the command is known.
Ability token(const Subject& subject) {
  constexpr Release since{6, 9};
  const auto made = kernel::token_create(subject.kernel, 0x7fffffff);
  std::string name = "bpf_token";
  if (made || made.error().sys_errno() == EBADF) {
    return ability(std::move(name), Has::yes, since, {});
  }
  if (made.error().sys_errno() == EINVAL) {
    return ability(std::move(name), Has::no, since, why_missing(subject, since, {}));
  }
  return ability(std::move(name), Has::unknown, since, errno_name(made.error().sys_errno()));
}

/// Whether the functions behind system calls are called after the architecture: what ksyscall goes by.
Ability syscall_wrapper(const Subject& subject) {
  const Release since{4, 17};
  const auto answer = host::has_syscall_wrapper(subject.facts);
  if (!answer) {
    return ability("syscall_wrapper", Has::unknown, since, answer.error().message());
  }
  return ability("syscall_wrapper", *answer ? Has::yes : Has::no, since,
                 *answer ? std::string() : why_missing(subject, since, {}));
}

}  // namespace

std::string why_missing(const Subject& subject, Release since, std::string_view config) {
  if (since.is_known() && subject.release.is_known() && subject.release < since) {
    return cat("needs Linux ", to_text(since));
  }
  return config.empty() ? std::string("left out of this kernel's configuration")
                        : cat("left out of this kernel's configuration (", config, ")");
}

Ability ability(std::string name, Has has, Release since, std::string why) {
  return {.name = std::move(name), .has = has, .since = since_text(since), .why = std::move(why)};
}

std::vector<Ability> loading(const Subject& subject) {
  std::vector<Ability> found;
  for (const host::FeatureRow& row : host::feature_rows) {
    const Release since{row.since.major, row.since.minor};
    // Asked in any case: what the release promises and the kernel denies is worth seeing.
    const host::Tri answer = host::probe(row.feature, subject.kernel);
    const Has has = answer == host::Tri::yes ? Has::yes : answer == host::Tri::no ? Has::no : Has::unknown;
    std::string why;
    if (has == Has::no) {
      why = why_missing(subject, since, row.config);
    } else if (has == Has::unknown) {
      why = host::explain_denied({.what = host::DeniedCall::What::btf_load});
    }
    found.push_back(ability(std::string(row.name), has, since, std::move(why)));
  }
  found.push_back(syscall_wrapper(subject));
  found.push_back(token(subject));
  return found;
}

}  // namespace skep::survey

namespace skep {

Result<KernelFeatures> kernel_features(const FeatureOptions& options) {
  kernel::Kernel& kernel = options.kernel != nullptr ? *options.kernel : load::this_kernel();
  const host::Facts facts = options.facts != nullptr ? *options.facts : host::facts_of_this_machine(&kernel);
  KernelFeatures found;
  SKEP_TRY(found.release, facts.kernel_release());
  const survey::Subject subject{.kernel = kernel,
                                .facts = facts,
                                .release = needs::parse_release(found.release).value_or(needs::Release()),
                                .types = facts.kernel_btf().value_or(nullptr)};
  found.settings = survey::settings({});
  found.program_types = survey::program_types(subject);
  found.map_types = survey::map_types(subject);
  found.attach_types = survey::attach_types(subject);
  found.link_types = survey::link_types(subject);
  found.instructions = survey::instructions(subject);
  found.map_flags = survey::map_flags(subject);
  found.program_flags = survey::program_flags(subject);
  found.loading = survey::loading(subject);
  if (options.helpers) {
    found.helpers = survey::helpers(subject, found.program_types);
  }
  survey::kernel_functions(subject, found);
  return found;
}

}  // namespace skep

// The parts of kernel_features(), one file each. Private to this layer.
#pragma once

#include <optional>
#include <set>

#include "btf/btf.h"
#include "host/facts.h"
#include "kernel/kernel.h"
#include "skep/features.h"
#include "skep/needs.h"

namespace skep::survey {

using needs::Release;

/// Whom to ask.
struct Subject {
  kernel::Kernel& kernel;
  const host::Facts& facts;
  Release release;
  std::shared_ptr<const btf::Btf> types;  ///< the kernel's; null where it does not tell
};

/// "needs Linux 6.4", or for a release that is new enough "left out of this kernel's configuration (CONFIG_BPF_LSM)". `config` may be empty.
std::string why_missing(const Subject& subject, Release since, std::string_view config);

/// An answer that a call gave.
Ability ability(std::string name, Has has, Release since, std::string why);

std::vector<Ability> program_types(const Subject& subject);
std::vector<ProgramHelpers> helpers(const Subject& subject, const std::vector<Ability>& types);
std::vector<Ability> instructions(const Subject& subject);
std::vector<Ability> map_types(const Subject& subject);
std::vector<Ability> attach_types(const Subject& subject);
std::vector<Ability> link_types(const Subject& subject);
std::vector<Ability> map_flags(const Subject& subject);
std::vector<Ability> program_flags(const Subject& subject);
std::vector<Ability> loading(const Subject& subject);
void kernel_functions(const Subject& subject, KernelFeatures& features);
std::vector<Setting> settings(const std::string& root);

/// What the verifier said of a program that it refused.
struct Refusal {
  int sys_errno = 0;  ///< 0: it was taken
  std::string log;
};

}  // namespace skep::survey

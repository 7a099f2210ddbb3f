// The facts that are types: the kernel's own, its modules', and those given instead.
#include <algorithm>

#include "btf/btf.h"
#include "host/archive.h"
#include "host/facts_state.h"
#include "host/kernel_types.h"

namespace skep::host {

Result<std::shared_ptr<const btf::Btf>> Facts::kernel_btf() const {
  const std::scoped_lock held(state_->lock);
  if (state_->known.kernel_btf == nullptr) {
    if (!state_->root) {
      return unknown("kernel types");
    }
    SKEP_TRY(state_->known.kernel_btf, kernel_types(*state_->root));
  }
  return state_->known.kernel_btf;
}

bool Facts::core_btf_is_custom() const {
  const std::scoped_lock held(state_->lock);
  const KnownFacts& known = state_->known;
  return known.core_btf != nullptr || !known.core_btf_path.empty() || !known.core_btf_bytes.empty();
}

Result<std::shared_ptr<const btf::Btf>> Facts::core_btf() const {
  if (!core_btf_is_custom()) {
    return kernel_btf();
  }
  const auto release = kernel_release();
  const std::scoped_lock held(state_->lock);
  KnownFacts& known = state_->known;
  if (known.core_btf == nullptr && !known.core_btf_bytes.empty()) {
    SKEP_TRY(known.core_btf, custom_types(known.core_btf_bytes));
  } else if (known.core_btf == nullptr) {
    SKEP_TRY(known.core_btf, custom_types(known.core_btf_path, release ? *release : std::string()));
  }
  return known.core_btf;
}

std::vector<std::shared_ptr<const btf::Btf>> Facts::opened_types() const {
  const std::scoped_lock held(state_->lock);
  std::vector<std::shared_ptr<const btf::Btf>> types;
  for (const auto& one : {state_->known.kernel_btf, state_->known.core_btf}) {
    if (one != nullptr) {
      types.push_back(one);
    }
  }
  for (const KnownModule& module : state_->opened) {
    types.push_back(module.types);
  }
  return types;
}

Result<std::vector<std::string>> Facts::module_names() const {
  const std::scoped_lock held(state_->lock);
  if (!state_->known.modules) {
    return state_->root ? host::module_names(*state_->root) : unknown("modules");
  }
  std::vector<std::string> names;
  for (const KnownModule& module : *state_->known.modules) {
    names.push_back(module.name);
  }
  std::ranges::sort(names);
  return names;
}

Result<std::shared_ptr<const btf::Btf>> Facts::module_btf(std::string_view module) const {
  SKEP_TRY(auto base, kernel_btf());
  const std::scoped_lock held(state_->lock);
  auto& opened = state_->opened;
  const auto named = [&](const KnownModule& one) { return one.name == module; };
  const auto& among = state_->known.modules ? *state_->known.modules : opened;
  if (const auto found = std::ranges::find_if(among, named); found != among.end()) {
    return found->types;
  }
  if (state_->known.modules || !state_->root) {
    return fail(Errc::not_found, cat("nothing is known of a module '", module, "'"));
  }
  SKEP_TRY(auto types, module_types(*state_->root, module, std::move(base)));
  opened.push_back({.name = std::string(module), .types = types});
  return types;
}

}  // namespace skep::host

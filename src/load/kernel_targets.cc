#include "load/kernel_targets.h"

#include "base/result.h"
#include "btf/btf.h"

namespace skep::load {

Result<const co_re::Target*> KernelTargets::kernel() {
  if (!kernel_) {
    SKEP_TRY(auto types, facts_.core_btf());
    kernel_ = co_re::Target{.name = facts_.core_btf_is_custom() ? "the given BTF" : "vmlinux",
                            .types = std::move(types)};
  }
  return &*kernel_;
}

Result<std::span<const co_re::Target>> KernelTargets::modules() {
  if (!has_modules_ && !facts_.core_btf_is_custom()) {
    for (const std::string& name : facts_.module_names().value_or(std::vector<std::string>())) {
      if (auto types = facts_.module_btf(name)) {
        modules_.push_back({.name = cat("module ", name), .types = *std::move(types)});
      }
    }
  }
  has_modules_ = true;
  return std::span<const co_re::Target>(modules_);
}

}  // namespace skep::load

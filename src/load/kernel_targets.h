// The machine's types as the CO-RE engine asks for them.
#pragma once

#include <optional>
#include <vector>

#include "co_re/target.h"
#include "host/facts.h"

namespace skep::load {

/// The running kernel's types and its modules', or those that were given instead; read when the first relocation needs them.
class KernelTargets final : public co_re::Targets {
 public:
  explicit KernelTargets(host::Facts facts) : facts_(std::move(facts)) {}

  Result<const co_re::Target*> kernel() override;
  /// A module whose types cannot be read (it may have gone meanwhile, or reading may take a right) has none.
  Result<std::span<const co_re::Target>> modules() override;

 private:
  host::Facts facts_;
  std::optional<co_re::Target> kernel_;
  std::vector<co_re::Target> modules_;
  bool has_modules_ = false;
};

}  // namespace skep::load

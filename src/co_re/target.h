// The types that the object's types are looked up in.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "btf/btf.h"

namespace skep::co_re {

/// One BTF and its name for people: "vmlinux", a module's name, a file's.
struct Target {
  std::string name;
  std::shared_ptr<const btf::Btf> types;
};

/// Where a kernel's types come from. What is returned must live and stay as it is for as long as this does. Each is asked at most once per Relocator, and only
/// when a relocation needs it.
class Targets {
 public:
  virtual ~Targets() = default;
  /// The kernel proper. Errors: whatever keeps its types from being read.
  virtual Result<const Target*> kernel() = 0;
  /// The kernel's modules: asked when the kernel proper has no type of some name. Empty where they do not count.
  virtual Result<std::span<const Target>> modules() = 0;
};

/// Targets that are there already.
class FixedTargets final : public Targets {
 public:
  explicit FixedTargets(Target kernel, std::vector<Target> modules = {})
      : kernel_(std::move(kernel)), modules_(std::move(modules)) {}
  Result<const Target*> kernel() override { return &kernel_; }
  Result<std::span<const Target>> modules() override { return std::span<const Target>(modules_); }

 private:
  Target kernel_;
  std::vector<Target> modules_;
};

}  // namespace skep::co_re

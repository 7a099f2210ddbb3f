// What a kernel has, as its own types tell: every enumerator that its source had is there, with everything that the build left out missing among the functions.
// Private to this layer.
#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include "btf/btf.h"
#include "skep/needs.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/helpers.h"

namespace skep::needs {

class Abilities {
 public:
  /// `release` may be unknown: then guess() is taken.
  Abilities(std::shared_ptr<const btf::Btf> types, Release release);

  /// The release that was given, or else guessed.
  Release release() const { return release_; }
  const btf::Btf& types() const { return *types_; }

  bool has_helper(u32 id) const;
  bool has(bpf_map_type type) const;
  bool has(bpf_prog_type type) const;
  bool has(bpf_attach_type type) const;
  /// One flag of map_flags.
  bool has_map_flag(u32 bit) const;
  bool has_function(std::string_view name) const { return types_->find(name, btf::Kind::func).has_value(); }
  /// False for a function that programs may not call: those that they may have a tag, in kernels that have tags at all (since 6.9).
  bool may_be_called(u32 function_id) const;
  /// False when the types name too little to be a whole kernel's (a minimal BTF): then only the release tells.
  bool is_whole() const { return is_whole_; }

 private:
  template <class T>
  bool has_value(const std::unordered_set<u32>& values, T value, Release since) const;

  std::shared_ptr<const btf::Btf> types_;
  std::unordered_set<u32> helpers_;
  std::unordered_set<u32> map_types_;
  std::unordered_set<u32> prog_types_;
  std::unordered_set<u32> attach_types_;
  mutable std::optional<std::unordered_set<u32>> callable_;  // looked for when first asked for
  bool is_whole_ = false;
  Release release_;
};

/// The newest release that something in these types is known to have come with; unknown for types that are no kernel's.
Release guess_release(const btf::Btf& types);

/// A kernel configuration option that the kernel was built without, though its release has the program type, map type, helper or attach type; empty when nothing
/// speaks against it. What BTF does not show is taken to be there.
std::string_view left_out(const Abilities& kernel, bpf_prog_type type);
std::string_view left_out(const Abilities& kernel, bpf_map_type type);
std::string_view left_out_helper(const Abilities& kernel, u32 id);
/// Of attaching only: loading does not need it.
std::string_view left_out(const Abilities& kernel, bpf_attach_type type);

}  // namespace skep::needs

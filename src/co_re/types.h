// One side of a relocation (the object's types or a kernel's), with what C says of their sizes, and the bound on work that both sides share.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "btf/btf.h"

namespace skep::co_re {

/// How many types and members all relocations of one object may look at together: above any real object by two orders of magnitude, and a fraction of a second of work.
inline constexpr u64 most_looks = u64{1} << 24;

/// Counts down the work left. Hostile types can nest such that looking at all of them takes longer than anyone lives.
class Budget {
 public:
  explicit Budget(u64 looks = most_looks) : left_(looks) {}
  /// Errors: malformed, when it is used up.
  Result<void> spend(u64 looks) {
    if (looks > left_) {
      left_ = 0;
      return fail(Errc::malformed,
                  "the types nest in one another such that they cannot be compared in reasonable time");
    }
    left_ -= looks;
    return {};
  }
  /// `looks` comparisons with `name`: the names of hostile types can have megabytes, and cost by their length.
  Result<void> spend(u64 looks, std::string_view name) { return spend(looks * (1 + name.size() / 64)); }

 private:
  u64 left_;
};

/// A Btf as CO-RE sees it. Borrows the Btf. Pointers are as wide as this BTF's machine has them, which on a 32-bit kernel is not what BPF has.
class Types {
 public:
  explicit Types(const btf::Btf& btf) : btf_(&btf) {}

  const btf::Btf& btf() const { return *btf_; }
  btf::Type type(u32 id) const { return btf_->type(id); }
  /// Behind typedefs, qualifiers and type tags.
  btf::Type resolved(u32 id) const { return btf_->type(btf_->resolve(id)); }

  /// Bytes of a value. Errors: invalid (void, a function, a forward declaration), malformed (does not fit 32 bits, nests too deep).
  Result<u64> size_bytes(u32 id) const;
  /// 4 or 8: the width of `long`, which is a pointer's on every machine that Linux runs on; 8 where no `long` is to be found.
  u32 pointer_bytes() const;

 private:
  const btf::Btf* btf_;
  mutable u32 pointer_bytes_ = 0;  // 0: not asked yet
};

/// The spellings of `long` that compilers leave in BTF: what pointer_bytes() looks for, to be named to Btf::want().
inline constexpr auto long_names =
    std::to_array<std::string_view>({"long", "long int", "unsigned long", "long unsigned int"});

/// "struct task_struct", "enum pid_type", "size_t", "struct { ... }": a type as C code names it.
std::string type_name(const btf::Btf& btf, u32 id);

}  // namespace skep::co_re

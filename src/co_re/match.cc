// The strict comparison of whole types.
#include "btf/declare.h"
#include "btf/names.h"
#include "co_re/compat.h"

namespace skep::co_re {

namespace {

enum class Behind : u8 { nothing, pointer };

bool names_agree(std::string_view local, std::string_view target) {
  return btf::essential_name(local) == btf::essential_name(target);
}

/// A forward declaration says only whether it is of a union.
bool is_union(const btf::Type& type) {
  return type.kind() == btf::Kind::union_ || (type.kind() == btf::Kind::fwd && type.kind_flag());
}

class Matcher {
 public:
  Matcher(const Types& local, const Types& target, Budget& budget, std::string* why)
      : local_(local), target_(target), budget_(budget), why_(why) {}

  /// `level` counts members and parameters, the loop counts pointers and elements on the way to them.
  Result<bool> match(u32 local_id, u32 target_id, Behind behind, u32 level) {
    if (level >= btf::max_depth) {
      return too_deep(local_id);
    }
    for (u32 depth = 0; depth < btf::max_depth; ++depth) {
      const btf::Type local = local_.resolved(local_id);
      const btf::Type target = target_.resolved(target_id);
      SKEP_CHECK(budget_.spend(1, local.name()));
      if (!names_agree(local.name(), target.name())) {
        return differ(local, target);
      }
      switch (local.kind()) {
        case btf::Kind::unknown: return local.raw_kind() == target.raw_kind() || differ(local, target);
        case btf::Kind::fwd:
        case btf::Kind::struct_:
        case btf::Kind::union_: return composites(local, target, behind, level);
        case btf::Kind::enum_:
        case btf::Kind::enum64: return enums(local, target);
        case btf::Kind::int_: return ints(local, target);
        case btf::Kind::ptr:
          if (target.kind() != btf::Kind::ptr) {
            return differ(local, target);
          }
          behind = Behind::pointer;
          local_id = local.type_id();
          target_id = target.type_id();
          continue;
        case btf::Kind::array:
          if (target.kind() != btf::Kind::array || target.array().count != local.array().count) {
            return differ(local, target);
          }
          local_id = local.array().element_type_id;
          target_id = target.array().element_type_id;
          continue;
        case btf::Kind::func_proto: {
          SKEP_TRY(const bool alike, parameters(local, target, behind, level));
          if (!alike) {
            return false;
          }
          local_id = local.type_id();
          target_id = target.type_id();
          continue;
        }
        default: return differ(local, target);
      }
    }
    return too_deep(local_id);
  }

 private:
  std::unexpected<Error> too_deep(u32 local_id) const {
    return fail(Errc::malformed, cat("BTF ", describe(local_.btf(), local_id),
                                     ": contains itself or nests deeper than ", btf::max_depth));
  }

  bool differ(const btf::Type& local, const btf::Type& target) {
    if (why_ != nullptr && why_->empty()) {
      const std::string here = btf::declaration(local_.btf(), local.id());
      const std::string there = btf::declaration(target_.btf(), target.id());
      *why_ = here == there ? cat("`", here, "` differs in its members, size or sign")
                            : cat("`", here, "` is `", there, "` there");
    }
    return false;
  }
  bool lacks(const btf::Type& local, std::string_view what, std::string_view name) {
    if (why_ != nullptr && why_->empty()) {
      *why_ = cat(type_name(local_.btf(), local.id()), " has no ", what, " `", name, "` there");
    }
    return false;
  }

  /// There are fewer members than the object knows, so one at least is missing.
  Result<bool> fewer(const btf::Type& local, const btf::Type& target) {
    for (u32 i = 0; why_ != nullptr && why_->empty() && i < local.vlen(); ++i) {
      const std::string_view name = local.member(i).name;
      bool found = name.empty();
      SKEP_CHECK(budget_.spend(target.vlen(), name));
      for (u32 k = 0; !found && k < target.vlen(); ++k) {
        found = names_agree(name, target.member(k).name);
      }
      if (!found) {
        return lacks(local, "member", name);
      }
    }
    return differ(local, target);
  }

  bool ints(const btf::Type& local, const btf::Type& target) {
    return (target.kind() == btf::Kind::int_ && local.size_bytes() == target.size_bytes() &&
            ((local.int_encoding() ^ target.int_encoding()) & BTF_INT_SIGNED) == 0) ||
           differ(local, target);
  }

  Result<bool> enums(const btf::Type& local, const btf::Type& target) {
    if (!target.is_enum() || local.size_bytes() != target.size_bytes() || local.vlen() > target.vlen()) {
      return differ(local, target);
    }
    for (u32 i = 0; i < local.vlen(); ++i) {
      const std::string_view name = local.enumerator(i).name;
      SKEP_CHECK(budget_.spend(target.vlen(), name));
      bool found = false;
      for (u32 k = 0; !found && k < target.vlen(); ++k) {
        found = names_agree(name, target.enumerator(k).name);
      }
      if (!found) {
        return lacks(local, "value", name);
      }
    }
    return true;
  }

  Result<bool> composites(const btf::Type& local, const btf::Type& target, Behind behind, u32 level) {
    const bool is_declared = local.kind() == btf::Kind::fwd || target.kind() == btf::Kind::fwd;
    if (!target.is_composite() && target.kind() != btf::Kind::fwd) {
      return differ(local, target);
    }
    if (behind == Behind::pointer || is_declared) {
      const bool may_mix = behind == Behind::pointer || local.kind() == target.kind();
      return (may_mix && is_union(local) == is_union(target)) || differ(local, target);
    }
    if (local.kind() != target.kind()) {
      return differ(local, target);
    }
    if (local.vlen() > target.vlen()) {
      return fewer(local, target);
    }
    for (u32 i = 0; i < local.vlen(); ++i) {
      SKEP_TRY(const bool found, member(local, local.member(i), target, level));
      if (!found) {
        return false;
      }
    }
    return true;
  }

  Result<bool> member(const btf::Type& local, const btf::Member& wanted, const btf::Type& target, u32 level) {
    SKEP_CHECK(budget_.spend(target.vlen(), wanted.name));
    for (u32 k = 0; k < target.vlen(); ++k) {
      const btf::Member have = target.member(k);
      if (!names_agree(wanted.name, have.name)) {
        continue;
      }
      SKEP_TRY(const bool alike, match(wanted.type_id, have.type_id, Behind::nothing, level + 1));
      if (alike) {
        if (why_ != nullptr) {
          why_->clear();  // of an anonymous member that was tried before this one
        }
        return true;
      }
    }
    if (why_ != nullptr && !why_->empty() && !why_->starts_with("member ") && !wanted.name.empty()) {
      *why_ = cat("member `", wanted.name, "`: ", *why_);
    }
    return lacks(local, "member", wanted.name);
  }

  Result<bool> parameters(const btf::Type& local, const btf::Type& target, Behind behind, u32 level) {
    if (target.kind() != btf::Kind::func_proto || local.vlen() != target.vlen()) {
      return differ(local, target);
    }
    for (u32 i = 0; i < local.vlen(); ++i) {
      SKEP_TRY(const bool alike,
               match(local.parameter(i).type_id, target.parameter(i).type_id, behind, level + 1));
      if (!alike) {
        return false;
      }
    }
    return true;
  }

  const Types& local_;
  const Types& target_;
  Budget& budget_;
  std::string* why_;
};

}  // namespace

Result<bool> types_match(const Types& local, u32 local_id, const Types& target, u32 target_id, Budget& budget,
                         std::string* why) {
  return Matcher(local, target, budget, why).match(local_id, target_id, Behind::nothing, 0);
}

}  // namespace skep::co_re

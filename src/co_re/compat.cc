#include "co_re/compat.h"

#include "btf/names.h"

namespace skep::co_re {

namespace {

bool is_enum(btf::Kind kind) {
  return kind == btf::Kind::enum_ || kind == btf::Kind::enum64;
}

/// Old compilers described bitfields by integers with an offset; nothing can be said of those.
bool is_plain_int(const btf::Type& type) {
  return type.int_offset_bits() == 0;
}

std::unexpected<Error> too_deep(const Types& local, u32 id) {
  return fail(Errc::malformed, cat("BTF ", describe(local.btf(), id),
                                   ": contains itself or nests deeper than ", btf::max_depth));
}

class Compatibility {
 public:
  Compatibility(const Types& local, const Types& target, Budget& budget)
      : local_(local), target_(target), budget_(budget) {}

  Result<bool> check(u32 local_id, u32 target_id, u32 level) {
    for (u32 depth = 0; depth < btf::max_depth; ++depth) {
      SKEP_CHECK(budget_.spend(1));
      const btf::Type local = local_.resolved(local_id);
      const btf::Type target = target_.resolved(target_id);
      if (!kinds_agree(local.kind(), target.kind())) {
        return false;
      }
      switch (local.kind()) {
        case btf::Kind::unknown: return local.raw_kind() == target.raw_kind();
        case btf::Kind::struct_:
        case btf::Kind::union_:
        case btf::Kind::enum_:
        case btf::Kind::enum64:
        case btf::Kind::fwd: return true;
        case btf::Kind::int_: return is_plain_int(local) && is_plain_int(target);
        case btf::Kind::ptr:
          local_id = local.type_id();
          target_id = target.type_id();
          continue;
        case btf::Kind::array:
          local_id = local.array().element_type_id;
          target_id = target.array().element_type_id;
          continue;
        case btf::Kind::func_proto: {
          SKEP_TRY(const bool alike, check_parameters(local, target, level));
          if (!alike) {
            return false;
          }
          local_id = local.type_id();
          target_id = target.type_id();
          continue;
        }
        default: return false;
      }
    }
    return too_deep(local_, local_id);
  }

 private:
  Result<bool> check_parameters(const btf::Type& local, const btf::Type& target, u32 level) {
    if (local.vlen() != target.vlen()) {
      return false;
    }
    for (u32 i = 0; i < local.vlen(); ++i) {
      if (level == btf::max_depth) {
        return too_deep(local_, local.id());
      }
      SKEP_TRY(const bool alike, check(local.parameter(i).type_id, target.parameter(i).type_id, level + 1));
      if (!alike) {
        return false;
      }
    }
    return true;
  }

  const Types& local_;
  const Types& target_;
  Budget& budget_;
};

}  // namespace

bool kinds_agree(btf::Kind local, btf::Kind target) {
  return local == target || (is_enum(local) && is_enum(target));
}

bool fields_are_compatible(const Types& local_types, u32 local_id, const Types& target_types, u32 target_id) {
  for (u32 depth = 0; depth < btf::max_depth; ++depth) {
    const btf::Type local = local_types.resolved(local_id);
    const btf::Type target = target_types.resolved(target_id);
    if (local.is_composite() && target.is_composite()) {
      return true;
    }
    if (!kinds_agree(local.kind(), target.kind())) {
      return false;
    }
    switch (local.kind()) {
      case btf::Kind::ptr:
      case btf::Kind::float_: return true;
      case btf::Kind::fwd:
      case btf::Kind::enum_:
      case btf::Kind::enum64:
        return local.name().empty() || target.name().empty() ||
               btf::essential_name(local.name()) == btf::essential_name(target.name());
      case btf::Kind::int_: return is_plain_int(local) && is_plain_int(target);
      case btf::Kind::array:
        local_id = local.array().element_type_id;
        target_id = target.array().element_type_id;
        continue;
      default: return false;
    }
  }
  return false;
}

Result<bool> types_are_compatible(const Types& local, u32 local_id, const Types& target, u32 target_id,
                                  Budget& budget) {
  // The roots themselves are compared before typedefs are looked through: a typedef stands for a typedef.
  if (!kinds_agree(local.type(local_id).kind(), target.type(target_id).kind())) {
    return false;
  }
  return Compatibility(local, target, budget).check(local_id, target_id, 0);
}

}  // namespace skep::co_re

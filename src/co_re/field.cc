#include "co_re/field.h"

#include "btf/names.h"
#include "co_re/compat.h"

namespace skep::co_re {

namespace {

class Follower {
 public:
  Follower(const Types& local, const Types& target, Budget& budget, Mismatch& mismatch, Access& access)
      : local_(local), target_(target), budget_(budget), mismatch_(mismatch), access_(access) {}

  Result<bool> field(const Access& wanted) {
    u32 id = target_.btf().resolve(access_.root_type_id);
    for (u32 i = 0; i < wanted.steps.size(); ++i) {
      const Step& step = wanted.steps[i];
      mismatch_.step = i;
      if (!step.name.empty()) {
        SKEP_TRY(const bool found, member(step, id));
        if (!found) {
          return false;
        }
        id = target_.btf().resolve(found_type_id_);
        continue;
      }
      if (i > 0) {
        const btf::Type type = target_.type(id);
        if (type.kind() != btf::Kind::array) {
          return refuse(Mismatch::Why::no_array, id);
        }
        const btf::Array array = type.array();
        if (step.index >= array.count && !is_flexible(target_, access_.steps, array)) {
          return refuse(Mismatch::Why::out_of_bounds, id);
        }
        id = target_.btf().resolve(array.element_type_id);
      }
      access_.steps.push_back({.type_id = id, .index = step.index, .name = {}});
      SKEP_TRY(const u64 bytes, target_.size_bytes(id));
      SKEP_CHECK(access_.advance(bytes, step.index));
    }
    return true;
  }

  Result<bool> enumerator(const Step& wanted) {
    const btf::Type type = target_.resolved(access_.root_type_id);
    if (!type.is_enum()) {
      return refuse(Mismatch::Why::no_enum, type.id());
    }
    SKEP_CHECK(budget_.spend(type.vlen()));
    const std::string_view name = btf::essential_name(wanted.name);
    for (u32 i = 0; i < type.vlen(); ++i) {
      const std::string_view have = type.enumerator(i).name;
      if (have.starts_with(name) && btf::essential_name(have) == name) {
        access_.steps.push_back({.type_id = type.id(), .index = i, .name = have});
        return true;
      }
    }
    return refuse(Mismatch::Why::no_value, type.id());
  }

 private:
  bool refuse(Mismatch::Why why, u32 type_id) {
    mismatch_.why = why;
    mismatch_.type_id = type_id;
    return false;
  }

  /// One named member of the struct `id`, or of an anonymous one inside of it.
  Result<bool> member(const Step& wanted, u32 id) {
    if (!target_.type(id).is_composite()) {
      return refuse(Mismatch::Why::no_struct, id);
    }
    refuse(Mismatch::Why::no_member, id);
    return search(local_.type(wanted.type_id).member(wanted.index), id, 0);
  }

  Result<bool> search(const btf::Member& wanted, u32 id, u32 depth) {
    const btf::Type type = target_.type(id);
    if (!type.is_composite()) {
      return false;  // an anonymous bitfield
    }
    if (depth > btf::max_depth || access_.members.size() >= max_steps) {
      return fail(Errc::malformed, cat("BTF ", describe(target_.btf(), id),
                                       ": contains itself or nests deeper than ", btf::max_depth));
    }
    SKEP_CHECK(budget_.spend(type.vlen() + u64{1}));
    for (u32 i = 0; i < type.vlen(); ++i) {
      const btf::Member have = type.member(i);
      if (!have.name.empty() && have.name != wanted.name) {
        continue;
      }
      access_.offset_bits += have.offset_bits;
      access_.members.push_back({.type_id = id, .index = i});
      if (!have.name.empty()) {
        return take(wanted, have, id, i);
      }
      SKEP_TRY(const bool found, search(wanted, target_.btf().resolve(have.type_id), depth + 1));
      if (found || mismatch_.why == Mismatch::Why::other_type) {
        return found;
      }
      access_.offset_bits -= have.offset_bits;
      access_.members.pop_back();
    }
    return false;
  }

  bool take(const btf::Member& wanted, const btf::Member& have, u32 id, u32 index) {
    if (!fields_are_compatible(local_, wanted.type_id, target_, have.type_id)) {
      return refuse(Mismatch::Why::other_type, have.type_id);
    }
    access_.steps.push_back({.type_id = id, .index = index, .name = have.name});
    found_type_id_ = have.type_id;
    return true;
  }

  const Types& local_;
  const Types& target_;
  Budget& budget_;
  Mismatch& mismatch_;
  Access& access_;
  u32 found_type_id_ = 0;
};

}  // namespace

Result<std::optional<Access>> follow(const Types& local, const Access& wanted, const Types& target,
                                     u32 root_id, Budget& budget, Mismatch& mismatch) {
  Access access{.root_type_id = root_id};
  access.steps.reserve(wanted.steps.size());
  mismatch = {};
  Follower follower(local, target, budget, mismatch, access);
  const bool is_enumerator = !wanted.steps.empty() && !wanted.steps.front().name.empty();
  SKEP_TRY(const bool found,
           is_enumerator ? follower.enumerator(wanted.steps.front()) : follower.field(wanted));
  return found ? std::optional(std::move(access)) : std::nullopt;
}

}  // namespace skep::co_re

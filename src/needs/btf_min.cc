// The part of a kernel's types that the CO-RE relocations of some objects look at: which types and members that is. Writing them is btf_writer's.
#include <algorithm>
#include <bit>

#include "base/result.h"
#include "co_re/relocator.h"
#include "needs/btf_writer.h"
#include "skep/needs.h"

namespace skep::needs {
namespace {

/// How much of a type is looked at, and of the types that it refers to.
enum class Look : u8 {
  member,  ///< as a member's type: what it is and how large; not what a pointer points to
  type,    ///< as a whole type: also what it points to, parameters and results; not the members of structs
  match,   ///< all members and values too
  behind,  ///< what a pointer in a matched type points to: names of structs, values of enums
};

/// Marks what is to be kept.
class Marker {
 public:
  Marker(const btf::Btf& types, KeptTypes& kept) : types_(types), kept_(kept), seen_(types.type_count()) {}

  void mark(u32 id, Look look) {
    pending_.push_back({id, look});
    while (!pending_.empty()) {
      const auto [at, how] = pending_.back();
      pending_.pop_back();
      const auto bit = static_cast<u8>(1U << static_cast<u8>(how));
      if (at == 0 || at >= seen_.size() || (seen_[at] & bit) != 0) {
        continue;
      }
      seen_[at] |= bit;
      kept_.keep(at);
      follow(types_.type(at), how);
    }
  }

 private:
  struct Item {
    u32 id;
    Look look;
  };

  void push(u32 id, Look look) { pending_.push_back({id, look}); }

  void follow(const btf::Type& type, Look look) {
    switch (type.kind()) {
      case btf::Kind::struct_:
      case btf::Kind::union_:
        for (u32 i = 0; look == Look::match && i < type.vlen(); ++i) {
          kept_.keep_element(type.id(), i);
          push(type.member(i).type_id, look);
        }
        break;
      case btf::Kind::enum_:
      case btf::Kind::enum64:
        for (u32 i = 0; (look == Look::match || look == Look::behind) && i < type.vlen(); ++i) {
          kept_.keep_element(type.id(), i);
        }
        break;
      case btf::Kind::ptr:
        if (look != Look::member) {
          push(type.type_id(), look == Look::match ? Look::behind : look);
        }
        break;
      case btf::Kind::array:
        push(type.array().element_type_id, look);
        push(type.array().index_type_id, Look::member);
        break;
      case btf::Kind::func_proto:
        push(type.type_id(), look);
        for (u32 i = 0; i < type.vlen(); ++i) {
          kept_.keep_element(type.id(), i);
          push(type.parameter(i).type_id, look);
        }
        break;
      case btf::Kind::func: push(type.type_id(), look); break;
      default:
        if (type.is_transparent()) {
          push(type.type_id(), look);
        }
        break;
    }
  }

  const btf::Btf& types_;
  KeptTypes& kept_;
  std::vector<u8> seen_;
  std::vector<Item> pending_;
};

Look look_of(u32 kind) {
  switch (kind) {
    case BPF_CORE_TYPE_MATCHES: return Look::match;
    case BPF_CORE_TYPE_EXISTS:
    case BPF_CORE_TYPE_SIZE:
    case BPF_CORE_TYPE_ID_TARGET: return Look::type;
    default: return Look::member;
  }
}

void keep_match(const btf::Btf& types, u32 kind, const co_re::Access& access, KeptTypes& kept,
                Marker& marker) {
  marker.mark(access.root_type_id, look_of(kind));
  const bool is_enum = kind == BPF_CORE_ENUMVAL_EXISTS || kind == BPF_CORE_ENUMVAL_VALUE;
  for (const co_re::Step& step : access.steps) {
    marker.mark(step.type_id, Look::member);
    if (is_enum) {
      kept.keep_element(types.resolve(step.type_id), step.index);
    }
  }
  for (const co_re::MemberUse& use : access.members) {
    const btf::Type owner = types.type(types.resolve(use.type_id));
    marker.mark(owner.id(), Look::member);
    kept.keep_element(owner.id(), use.index);
    marker.mark(owner.member(use.index).type_id, Look::member);
  }
}

}  // namespace

Result<std::vector<std::byte>> minimal_btf(std::span<const ObjectSpec> objects, const KernelTypes& kernel) {
  const btf::Btf& types = *kernel.types;
  KeptTypes kept(types);
  Marker marker(types, kept);
  for (const std::string_view name : co_re::long_names) {
    if (const auto id = types.find(name, btf::Kind::int_)) {
      marker.mark(*id, Look::member);  // tells how wide pointers are
      break;
    }
  }
  for (const ObjectSpec& object : objects) {
    if (object.btf == nullptr) {
      continue;
    }
    co_re::FixedTargets targets({.name = kernel.release, .types = kernel.types});
    co_re::Relocator relocator(*object.btf, targets, object.byte_order);
    for (const FunctionSpec& function : object.functions) {
      for (const CoreRelocation& relocation : function.core_relocations) {
        SKEP_TRY_IN(cat(object.path, ": function '", function.name, "': instruction ", relocation.insn_index),
                    const co_re::Resolution* resolution, relocator.resolve(relocation));
        for (const co_re::Match& match : resolution->matches) {
          keep_match(types, relocation.kind, match.access, kept, marker);
        }
      }
    }
  }
  return kept.write();
}

}  // namespace skep::needs

#include "co_re/types.h"

#include <limits>

#include "btf/declare.h"

namespace skep::co_re {

u32 Types::pointer_bytes() const {
  if (pointer_bytes_ == 0) {
    pointer_bytes_ = 8;
    for (const std::string_view name : long_names) {
      const auto id = btf_->find(name, btf::Kind::int_);
      if (id && (btf_->type(*id).size_bytes() == 4 || btf_->type(*id).size_bytes() == 8)) {
        pointer_bytes_ = btf_->type(*id).size_bytes();
        break;
      }
    }
  }
  return pointer_bytes_;
}

Result<u64> Types::size_bytes(u32 id) const {
  constexpr u64 most = std::numeric_limits<u32>::max();
  u64 count = 1;
  for (u32 depth = 0, at = id; depth <= btf::max_depth; ++depth) {
    const btf::Type type = resolved(at);
    u64 bytes = 0;
    switch (type.kind()) {
      case btf::Kind::array:
        count *= type.array().count;  // below 2^64: both factors are below 2^32
        if (count > most) {
          return fail(Errc::malformed, cat("BTF ", describe(*btf_, id), ": larger than 4 GiB"));
        }
        at = type.array().element_type_id;
        continue;
      case btf::Kind::ptr: bytes = pointer_bytes(); break;
      case btf::Kind::int_:
      case btf::Kind::enum_:
      case btf::Kind::enum64:
      case btf::Kind::struct_:
      case btf::Kind::union_:
      case btf::Kind::datasec:
      case btf::Kind::float_: bytes = type.size_bytes(); break;
      case btf::Kind::var: at = type.type_id(); continue;
      default: return fail(Errc::invalid, cat("BTF ", describe(*btf_, id), ": has no size"));
    }
    if (count * bytes > most) {
      return fail(Errc::malformed, cat("BTF ", describe(*btf_, id), ": larger than 4 GiB"));
    }
    return count * bytes;
  }
  return fail(Errc::malformed,
              cat("BTF ", describe(*btf_, id), ": contains itself or nests deeper than ", btf::max_depth));
}

std::string type_name(const btf::Btf& btf, u32 id) {
  const btf::Type type = btf.type(id);
  const std::string_view name = type.name();
  switch (type.kind()) {
    case btf::Kind::struct_: return cat("struct ", name.empty() ? "{ ... }" : name);
    case btf::Kind::union_: return cat("union ", name.empty() ? "{ ... }" : name);
    case btf::Kind::enum_:
    case btf::Kind::enum64: return cat("enum ", name.empty() ? "{ ... }" : name);
    default: return btf::declaration(btf, id);
  }
}

}  // namespace skep::co_re

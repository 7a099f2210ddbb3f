#include "btf/declare.h"

namespace skep::btf {

namespace {

constexpr u32 most_steps = 1u << 16;  // types named in one text, nested ones included

class Printer {
 public:
  explicit Printer(const Btf& btf) : btf_(btf) {}

  /// `inner` is the declarator built so far, from the name outwards; each type wraps it until a type with a name of its own ends the chain.
  std::string declare(u32 id, std::string inner, u32 depth) {
    std::string qualifiers;
    for (u32 step = 0; step <= max_depth && depth <= max_depth && ++steps_ <= most_steps; ++step) {
      const Type type = btf_.type(id);
      switch (type.kind()) {
        case Kind::const_: qualifiers.append("const "); break;
        case Kind::volatile_: qualifiers.append("volatile "); break;
        case Kind::restrict_: qualifiers.append("restrict "); break;
        case Kind::type_tag: break;
        case Kind::var: inner = inner.empty() ? std::string(type.name()) : inner; break;
        case Kind::func: inner = inner.empty() ? std::string(type.name()) : inner; break;
        case Kind::ptr:
          inner = cat("*", qualifiers, inner);
          qualifiers.clear();
          if (binds_tighter(type.type_id())) {
            inner = cat("(", trim(inner), ")");
          }
          break;
        case Kind::array: {
          const u32 count = type.array().count;
          inner.append("[").append(count == 0 ? std::string() : cat(count)).append("]");
          id = type.array().element_type_id;
          continue;
        }
        case Kind::func_proto: inner.append(parameters(type, depth)); break;
        default: return with_name(cat(qualifiers, base_name(type)), inner);
      }
      id = type.type_id();
    }
    return with_name(cat(qualifiers, "..."), inner);
  }

  std::string define(u32 id, const std::string& indent, u32 depth) {
    const Type type = btf_.type(id);
    if (depth > max_depth || ++steps_ > most_steps) {
      return "...";
    }
    if (!type.is_composite() && !type.is_enum()) {
      return base_name(type);
    }
    std::string text = cat(keyword(type), type.name().empty() ? "" : " ", type.name(), " {\n");
    for (u32 i = 0; i < type.vlen() && steps_ <= most_steps; ++i) {
      text.append(indent)
          .append("\t")
          .append(type.is_enum() ? enumerator(type, i) : member(type, i, indent, depth))
          .append("\n");
    }
    return text.append(indent).append("}");
  }

 private:
  /// Arrays and functions bind tighter than '*', so a pointer to one needs parentheses.
  bool binds_tighter(u32 id) const {
    for (u32 step = 0; step <= max_depth; ++step) {
      const Type type = btf_.type(id);
      if (!type.is_transparent() || type.kind() == Kind::typedef_) {
        return type.kind() == Kind::array || type.kind() == Kind::func_proto;
      }
      id = type.type_id();
    }
    return false;
  }

  static std::string with_name(std::string base, std::string_view inner) {
    if (!inner.empty()) {
      base.append(" ").append(inner);
    }
    return base;
  }

  static std::string_view keyword(const Type& type) {
    switch (type.kind()) {
      case Kind::struct_: return "struct";
      case Kind::union_: return "union";
      case Kind::enum_:
      case Kind::enum64: return "enum";
      default: return type.kind_flag() ? "union" : "struct";  // a forward declaration
    }
  }

  static std::string base_name(const Type& type) {
    switch (type.kind()) {
      case Kind::struct_:
      case Kind::union_:
      case Kind::enum_:
      case Kind::enum64:
      case Kind::fwd: return cat(keyword(type), " ", type.name().empty() ? "{ ... }" : type.name());
      case Kind::unknown:
        return type.is_void() ? std::string("void") : cat("/* kind ", type.raw_kind(), " */");
      default: return std::string(type.name());
    }
  }

  std::string parameters(const Type& proto, u32 depth) {
    if (proto.vlen() == 0) {
      return "(void)";
    }
    std::string text = "(";
    for (u32 i = 0; i < proto.vlen() && steps_ <= most_steps; ++i) {
      const Parameter parameter = proto.parameter(i);
      text.append(i == 0 ? "" : ", ");
      const bool is_dots = parameter.type_id == 0 && i + 1 == proto.vlen() && i != 0;
      text.append(is_dots ? "..." : declare(parameter.type_id, std::string(parameter.name), depth + 1));
    }
    return text.append(")");
  }

  static std::string enumerator(const Type& type, u32 i) {
    const Enumerator row = type.enumerator(i);
    return row.is_signed ? cat(row.name, " = ", row.value, ",")
                         : cat(row.name, " = ", static_cast<u64>(row.value), ",");
  }

  std::string member(const Type& type, u32 i, const std::string& indent, u32 depth) {
    const Member row = type.member(i);
    const Type own = btf_.type(row.type_id);
    std::string text = (own.is_composite() || own.is_enum()) && own.name().empty()
                           ? with_name(define(row.type_id, indent + "\t", depth + 1), row.name)
                           : declare(row.type_id, std::string(row.name), depth + 1);
    if (row.bitfield_bits != 0) {
      text.append(cat(" : ", row.bitfield_bits));
    }
    return text.append(";");
  }

  const Btf& btf_;
  u32 steps_ = 0;
};

}  // namespace

std::string declaration(const Btf& btf, u32 id, std::string_view name) {
  return Printer(btf).declare(id, std::string(name), 0);
}

std::string definition(const Btf& btf, u32 id) {
  const Type type = btf.type(id);
  if (type.kind() == Kind::typedef_) {
    return cat("typedef ", declaration(btf, type.type_id(), type.name()), ";");
  }
  if (type.is_composite() || type.is_enum()) {
    return Printer(btf).define(id, "", 0).append(";");
  }
  return declaration(btf, id).append(";");
}

}  // namespace skep::btf

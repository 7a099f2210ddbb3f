#include <charconv>

#include "btf/value_parse.h"

namespace skep::btf {

namespace {

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

/// Follows one step after another; `at_` is where it has got to.
class Walker {
 public:
  Walker(const Btf& btf, u32 id)
      : btf_(btf), at_{.type_id = btf.kind(id) == Kind::var ? btf.type(id).type_id() : id} {}
  const Place& place() const { return at_; }

  Result<void> element(u64 index) {
    const Type type = current();
    if (type.kind() != Kind::array) {
      return fail(Errc::invalid, cat("[", index, "]: BTF ", describe(btf_, type.id()), " is not an array"));
    }
    const Array array = type.array();
    if (index >= array.count) {
      return fail(Errc::invalid, cat("[", index, "]: the array has ", array.count, " elements"));
    }
    SKEP_TRY(const u64 element_bytes, btf_.size_bytes(array.element_type_id));
    SKEP_TRY(const u64 whole_bytes, btf_.size_bytes(type.id()));
    if (whole_bytes > (u64{1} << 60)) {
      return fail(Errc::invalid, cat("[", index, "]: an array of ", whole_bytes, " bytes"));
    }
    at_ = {.type_id = array.element_type_id, .offset_bits = at_.offset_bits + index * element_bytes * 8};
    return {};
  }

  Result<void> member(std::string_view name) {
    const Type type = current();
    if (type.kind() == Kind::datasec) {
      return variable(type, name);
    }
    if (!type.is_composite()) {
      return fail(Errc::invalid,
                  cat(".", name, ": BTF ", describe(btf_, type.id()), " is not a struct or union"));
    }
    std::vector<std::string_view> names;
    if (find_member(type, at_.offset_bits, name, 0, names)) {
      return {};
    }
    return missing(name, names, cat("no such member of BTF ", describe(btf_, type.id())));
  }

 private:
  Type current() const { return btf_.type(btf_.resolve(at_.type_id)); }

  static std::unexpected<Error> missing(std::string_view name, const std::vector<std::string_view>& names,
                                        std::string why) {
    const std::vector<std::string> near = nearest(name, names);
    return fail(Errc::invalid,
                cat(".", name, ": ", why, near.empty() ? "" : "; did you mean ", join(near, ", ")));
  }

  Result<void> variable(const Type& section, std::string_view name) {
    std::vector<std::string_view> names;
    for (u32 i = 0; i < section.vlen(); ++i) {
      const SectionVariable row = section.section_variable(i);
      const Type own = btf_.type(row.type_id);
      if (own.name() == name && own.kind() == Kind::var) {
        at_ = {.type_id = own.type_id(), .offset_bits = at_.offset_bits + u64{row.offset} * 8};
        return {};
      }
      names.push_back(own.name());
    }
    return missing(name, names, cat("no such variable in section ", section.name()));
  }

  bool find_member(const Type& type, u64 offset_bits, std::string_view name, u32 depth,
                   std::vector<std::string_view>& names) {
    if (depth > max_depth || ++visits_ > most_visits) {
      return false;
    }
    for (u32 i = 0; i < type.vlen(); ++i) {
      const Member member = type.member(i);
      const u64 place = offset_bits + member.offset_bits;
      if (member.name == name && !name.empty()) {
        at_ = {.type_id = member.type_id, .offset_bits = place, .bitfield_bits = member.bitfield_bits};
        return true;
      }
      names.push_back(member.name);
      const Type own = btf_.type(btf_.resolve(member.type_id));
      if (member.name.empty() && own.is_composite() && find_member(own, place, name, depth + 1, names)) {
        return true;
      }
    }
    return false;
  }

  static constexpr u32 most_visits = 1u << 14;
  const Btf& btf_;
  Place at_;
  u32 visits_ = 0;
};

}  // namespace

Result<Place> resolve_path(const Btf& btf, u32 id, std::string_view path) {
  Walker walker(btf, id);
  const std::string_view whole = path;
  while (!(path = trim(path)).empty()) {
    if (path.front() == '[') {
      const std::size_t end = path.find(']');
      const std::string_view digits = trim(path.substr(1, end == std::string_view::npos ? end : end - 1));
      u64 index = 0;
      const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
      if (end == std::string_view::npos || problem != std::errc() || stop != digits.data() + digits.size()) {
        return fail(Errc::invalid, cat("path '", whole, "': want a number between [ and ]"));
      }
      SKEP_CHECK_IN(cat("path '", whole, "'"), walker.element(index));
      path.remove_prefix(end + 1);
      continue;
    }
    if (path.front() == '.') {
      path.remove_prefix(1);
    }
    std::size_t length = 0;
    while (length < path.size() && is_name_char(path[length])) {
      ++length;
    }
    if (length == 0) {
      return fail(Errc::invalid, cat("path '", whole, "': want .name or [number] at '", path, "'"));
    }
    SKEP_CHECK_IN(cat("path '", whole, "'"), walker.member(path.substr(0, length)));
    path.remove_prefix(length);
  }
  if (walker.place().bitfield_bits == 0 && walker.place().offset_bits % 8 != 0) {
    return fail(Errc::invalid,
                cat("path '", whole, "': lies at bit ", walker.place().offset_bits, ", not at a byte"));
  }
  return walker.place();
}

}  // namespace skep::btf

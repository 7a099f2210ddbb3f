#include "co_re/access.h"

#include <charconv>

#include "co_re/kinds.h"

namespace skep::co_re {

namespace {

std::unexpected<Error> bad_string(std::string_view text, std::string_view why) {
  return fail(Errc::malformed, cat("access string \"", text.substr(0, 80), "\": ", why));
}

/// "0:1:2" as numbers.
Result<std::vector<u32>> read_numbers(std::string_view text) {
  std::vector<u32> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    u32 number = 0;
    const auto [after, error] = std::from_chars(at, end, number);
    if (error != std::errc() || number > 0x7fffffff) {
      return bad_string(text, "want numbers below 2^31 with colons between them");
    }
    if (numbers.size() == max_steps) {
      return bad_string(text, cat("want at most ", max_steps, " numbers"));
    }
    numbers.push_back(number);
    if (after == end) {
      return numbers;
    }
    if (*after != ':') {
      return bad_string(text, "want numbers below 2^31 with colons between them");
    }
    at = after + 1;
  }
}

std::unexpected<Error> out_of_range(const Types& local, const btf::Type& type, u32 wanted, u32 have) {
  return fail(Errc::malformed,
              cat("want number ", wanted, " of ", type_name(local.btf(), type.id()), ", which has ", have));
}

/// Follows the numbers after the first.
class Walk {
 public:
  Walk(const Types& local, Access& access, u32 id) : local_(local), access_(access), id_(id) {}

  Result<void> follow(u32 number) {
    const btf::Type type = local_.resolved(id_);
    if (type.is_composite()) {
      return member(type, number);
    }
    if (type.kind() == btf::Kind::array) {
      return element(type, number);
    }
    return fail(Errc::malformed, cat("want a struct, union or array to take number ", number,
                                     " of, have BTF ", describe(local_.btf(), type.id())));
  }

 private:
  Result<void> member(const btf::Type& type, u32 number) {
    if (number >= type.vlen()) {
      return out_of_range(local_, type, number, type.vlen());
    }
    const btf::Member member = type.member(number);
    access_.offset_bits += member.offset_bits;
    access_.members.push_back({.type_id = type.id(), .index = number});
    if (!member.name.empty()) {
      access_.steps.push_back({.type_id = type.id(), .index = number, .name = member.name});
    }
    id_ = member.type_id;
    return {};
  }

  Result<void> element(const btf::Type& type, u32 number) {
    const btf::Array array = type.array();
    if (number >= array.count && !is_flexible(local_, access_.steps, array)) {
      return out_of_range(local_, type, number, array.count);
    }
    id_ = local_.btf().resolve(array.element_type_id);
    access_.steps.push_back({.type_id = id_, .index = number, .name = {}});
    SKEP_TRY(const u64 bytes, local_.size_bytes(id_));
    return access_.advance(bytes, number);
  }

  const Types& local_;
  Access& access_;
  u32 id_;
};

}  // namespace

Result<void> Access::advance(u64 bytes, u32 number) {
  constexpr u64 farthest_bytes = u64{1} << 48;
  if (bytes * number > farthest_bytes) {  // both are below 2^32
    return fail(Errc::malformed,
                cat("element ", number, " of ", bytes, " bytes each is outside of all memory"));
  }
  offset_bits += bytes * number * 8;
  return {};
}

bool is_flexible(const Types& types, const std::vector<Step>& steps, const btf::Array& array) {
  if (array.count != 0 || steps.empty() || steps.back().name.empty()) {
    return false;
  }
  return steps.back().index + 1 == types.type(steps.back().type_id).vlen();
}

Result<Access> read_access(const Types& local, const CoreRelocation& relocation) {
  const btf::Btf& btf = local.btf();
  if (relocation.type_id >= btf.type_count()) {
    return fail(Errc::malformed,
                cat("about type ", relocation.type_id, ", but there are only ", btf.type_count()));
  }
  if (!btf.has_string(relocation.access_string_offset)) {
    return fail(Errc::malformed, cat("an access string at offset ", relocation.access_string_offset,
                                     ", outside of the strings"));
  }
  const std::string_view text = btf.string(relocation.access_string_offset);
  Access access{.root_type_id = relocation.type_id};
  const Family family = family_of(relocation.kind);
  if (family == Family::unknown) {
    return fail(Errc::unsupported,
                cat("a CO-RE relocation of kind ", relocation.kind, ", which this skep does not know"));
  }
  if (family == Family::type) {
    return text == "0" ? Result<Access>(std::move(access)) : bad_string(text, "want \"0\" for a whole type");
  }
  SKEP_TRY(const std::vector<u32> numbers, read_numbers(text));
  const btf::Type root = local.resolved(relocation.type_id);
  if (family == Family::enumerator) {
    if (!root.is_enum() || numbers.size() != 1) {
      return bad_string(text, cat("want one number and an enum, have ", type_name(btf, relocation.type_id)));
    }
    if (numbers[0] >= root.vlen()) {
      return out_of_range(local, root, numbers[0], root.vlen());
    }
    access.steps.push_back(
        {.type_id = root.id(), .index = numbers[0], .name = root.enumerator(numbers[0]).name});
    return access;
  }
  access.steps.push_back({.type_id = root.id(), .index = numbers[0], .name = {}});
  SKEP_TRY(const u64 bytes, local.size_bytes(root.id()));
  SKEP_CHECK(access.advance(bytes, numbers[0]));
  Walk walk(local, access, root.id());
  for (std::size_t i = 1; i < numbers.size(); ++i) {
    SKEP_CHECK_IN(cat("access string \"", text, "\""), walk.follow(numbers[i]));
  }
  return access;
}

std::string path_text(const std::vector<Step>& steps) {
  std::string text;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const Step& step = steps[i];
    text += step.name.empty() ? cat("[", step.index, "]") : cat(text.empty() ? "" : ".", step.name);
  }
  return text;
}

std::string access_text(const Types& types, const Access& access) {
  std::string text = type_name(types.btf(), access.root_type_id);
  if (access.steps.empty()) {
    return text;
  }
  if (access.steps.front().name.empty()) {  // a field
    if (access.steps.front().index != 0) {
      text += cat("[", access.steps.front().index, "]");
    }
    const std::string path = path_text(access.steps);
    return path.empty() ? text : cat(text, path.front() == '[' ? "" : "::", path);
  }
  return cat(text, "::", access.steps.front().name);
}

}  // namespace skep::co_re

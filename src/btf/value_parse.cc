#include "btf/value_parse.h"

#include <algorithm>
#include <charconv>

#include "btf/bits.h"
#include "btf/literal.h"
#include "btf/value.h"

namespace skep::btf {

namespace {

constexpr u32 most_parts = 1u << 20;

/// Reads a text from left to right and stores what it says.
class Parser {
 public:
  Parser(const Btf& btf, std::string_view text, std::span<std::byte> bytes)
      : btf_(btf), text_(text), rest_(text), bytes_(bytes) {}

  Result<void> run(const Place& place) {
    SKEP_CHECK(value(place, 0));
    if (!(rest_ = trim(rest_)).empty()) {
      return refuse(cat("want the end, have '", rest_, "'"));
    }
    return {};
  }

 private:
  std::unexpected<Error> refuse(std::string why) const {
    return fail(Errc::invalid,
                cat("value '", text_.substr(0, 200), "', at ", text_.size() - rest_.size(), ": ", why));
  }

  bool take(char wanted) {
    rest_ = trim(rest_);
    if (!rest_.starts_with(wanted)) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  /// The next literal, number or name.
  std::string_view word() {
    rest_ = trim(rest_);
    std::size_t end = rest_.find_first_of(",{}= \t\n\r");
    if (!rest_.empty() && (rest_.front() == '"' || rest_.front() == '\'')) {
      end = end_of_literal(rest_);
    }
    return rest_.substr(0, end);
  }

  /// Bytes that a whole value of `place` covers, which must be there.
  Result<std::span<std::byte>> storage(const Place& place) const {
    u64 bytes = (place.offset_bits % 8 + place.bitfield_bits + 7) / 8;
    if (place.bitfield_bits == 0) {
      SKEP_TRY(bytes, btf_.size_bytes(place.type_id));
    }
    const u64 offset = place.offset_bits / 8;
    if (offset > bytes_.size() || bytes > bytes_.size() - offset) {
      return fail(Errc::truncated, cat("BTF ", describe(btf_, place.type_id), ": want ", bytes,
                                       " bytes at offset ", offset, " of the value, have ", bytes_.size()));
    }
    return bytes_.subspan(offset, bytes);
  }

  Result<void> value(const Place& place, u32 depth) {
    if (depth > max_depth || ++parts_ > most_parts) {
      return refuse(cat("nests deeper than ", max_depth, " or has over a million parts"));
    }
    const Type type = btf_.type(btf_.resolve(place.type_id));
    SKEP_TRY(const std::span<std::byte> bytes, storage(place));
    switch (type.kind()) {
      case Kind::var: return value({.type_id = type.type_id(), .offset_bits = place.offset_bits}, depth + 1);
      case Kind::int_: return integer(type, place, bytes);
      case Kind::enum_:
      case Kind::enum64: return enumeration(type, place);
      case Kind::ptr: return number(place.offset_bits, 64, 0, "a pointer");
      case Kind::float_: return floating(type, bytes);
      case Kind::array:
      case Kind::struct_:
      case Kind::union_:
      case Kind::datasec: return aggregate(type, place, bytes, depth);
      default: return refuse(cat("BTF ", describe(btf_, place.type_id), " has no value"));
    }
  }

  Result<void> number(u64 offset_bits, u32 bits, u32 encoding, std::string_view what) {
    const std::string_view text = word();
    SKEP_TRY(const std::optional<Number> read, read_number(text));
    if (!read) {
      return refuse(cat("want a number for ", what, ", have '", text, "'"));
    }
    const bool is_signed = (encoding & BTF_INT_SIGNED) != 0;
    if ((encoding & BTF_INT_BOOL) != 0 && !read->fits(1, false)) {
      return refuse(cat("want true or false for ", what, ", have ", text));
    }
    if (!read->fits(bits, is_signed)) {
      return refuse(cat(text, " does not fit ", what, ", ", is_signed ? "a signed" : "an unsigned",
                        " integer of ", bits, " bits"));
    }
    write_bits(bytes_, offset_bits, bits, read->bits());
    rest_.remove_prefix(text.size());
    return {};
  }

  Result<void> integer(const Type& type, const Place& place, std::span<std::byte> bytes) {
    const u32 bits = place.bitfield_bits != 0 ? place.bitfield_bits : type.int_bits();
    if (bits > 64 && place.bitfield_bits == 0) {
      return wide(type, bytes);
    }
    if (bits == 0 || bits > 64) {
      return refuse(cat("BTF ", describe(btf_, type.id()), " has ", bits, " bits"));
    }
    if (place.bitfield_bits != 0) {
      return number(place.offset_bits, bits, type.int_encoding(), type.name());
    }
    std::ranges::fill(bytes, std::byte{0});
    return number(place.offset_bits + type.int_offset_bits(), bits, type.int_encoding(), type.name());
  }

  /// Integers of more than 64 bits.
  Result<void> wide(const Type& type, std::span<std::byte> bytes) {
    const std::string_view text = word();
    SKEP_TRY(const std::optional<Number> read, read_number(text));
    if (!read || bytes.size() != 16) {
      return refuse(cat("want a number for ", type.name(), ", have '", text, "'"));
    }
    u64 low = read->low;
    u64 high = read->high;
    if (read->is_negative) {
      high = ~high + (low == 0 ? 1 : 0);
      low = ~low + 1;
    }
    const bool little = std::endian::native == std::endian::little;
    std::memcpy(bytes.data() + (little ? 0 : 8), &low, 8);
    std::memcpy(bytes.data() + (little ? 8 : 0), &high, 8);
    rest_.remove_prefix(text.size());
    return {};
  }

  Result<void> enumeration(const Type& type, const Place& place) {
    const u32 bits = place.bitfield_bits != 0 ? place.bitfield_bits : 8 * type.size_bytes();
    if (bits > 64) {
      return refuse(cat("BTF ", describe(btf_, type.id()), " in ", bits, " bits"));
    }
    const std::string_view text = word();
    std::vector<std::string_view> names;
    bool has_negative = type.kind_flag();
    for (u32 i = 0; i < type.vlen(); ++i) {
      const Enumerator row = type.enumerator(i);
      if (row.name == text) {
        write_bits(bytes_, place.offset_bits, bits, static_cast<u64>(row.value));
        rest_.remove_prefix(text.size());
        return {};
      }
      names.push_back(row.name);
      has_negative |= row.value < 0;
    }
    SKEP_TRY(const std::optional<Number> read, read_number(text));
    if (!read) {
      const std::vector<std::string> near = nearest(text, names);
      return refuse(cat("'", text, "' is not in enum ", type.name(), near.empty() ? "" : "; did you mean ",
                        join(near, ", ")));
    }
    return number(place.offset_bits, bits, has_negative ? BTF_INT_SIGNED : 0, cat("enum ", type.name()));
  }

  Result<void> floating(const Type& type, std::span<std::byte> bytes) {
    const std::string_view text = word();
    double number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size()) {
      return refuse(cat("want a number for ", type.name(), ", have '", text, "'"));
    }
    if (bytes.size() == sizeof(float)) {
      const float narrow = static_cast<float>(number);
      std::memcpy(bytes.data(), &narrow, sizeof narrow);
    } else if (bytes.size() == sizeof(double)) {
      std::memcpy(bytes.data(), &number, sizeof number);
    } else {
      return refuse(cat("BTF ", describe(btf_, type.id()), " cannot be set"));
    }
    rest_.remove_prefix(text.size());
    return {};
  }

  Result<void> string(const Type& type, std::span<std::byte> bytes) {
    const std::string_view text = word();
    SKEP_TRY(const std::string content, read_string(text));
    if (content.size() > bytes.size()) {
      return refuse(
          cat("a string of ", content.size(), " bytes does not fit char[", type.array().count, "]"));
    }
    std::ranges::fill(bytes, std::byte{0});
    std::ranges::copy(std::as_bytes(std::span(content)), bytes.begin());
    rest_.remove_prefix(text.size());
    return {};
  }

  Result<void> aggregate(const Type& type, const Place& place, std::span<std::byte> bytes, u32 depth) {
    rest_ = trim(rest_);
    if (type.kind() == Kind::array && is_character(btf_, type.array().element_type_id) &&
        rest_.starts_with('"')) {
      return string(type, bytes);
    }
    if (!take('{')) {
      return refuse(cat("want {...} for BTF ", describe(btf_, type.id()), ", have '", word(), "'"));
    }
    if (type.kind() != Kind::datasec) {
      std::ranges::fill(bytes, std::byte{0});
    }
    for (u32 position = 0; !take('}'); ++position) {
      if (position != 0 && !take(',')) {
        return refuse(cat("want ',' or '}', have '", word(), "'"));
      }
      if (take('}')) {
        return {};  // a comma may come last
      }
      SKEP_TRY(Place part, next_part(type, position));
      part.offset_bits += place.offset_bits;
      SKEP_CHECK(value(part, depth + 1));
    }
    return {};
  }

  /// What the next item of a list sets: what its designator names, or else the member or element at `position`. Moves `position` as C does.
  Result<Place> next_part(const Type& type, u32& position) {
    if (rest_ = trim(rest_); rest_.starts_with('.') || rest_.starts_with('[')) {
      const std::size_t end = rest_.find('=');
      if (end == std::string_view::npos) {
        return refuse("want '=' after a designator");
      }
      const std::string_view path = trim(rest_.substr(0, end));
      SKEP_TRY(const Place place, resolve_path(btf_, type.id(), path));
      SKEP_TRY(position, position_of(type, path, position));
      rest_.remove_prefix(end + 1);
      return place;
    }
    if (type.kind() == Kind::array) {
      return resolve_path(btf_, type.id(), cat("[", position, "]"));
    }
    if (type.kind() == Kind::datasec) {
      return refuse("variables of a section are set by name: {.name = value}");
    }
    const u32 count = type.kind() == Kind::union_ ? std::min(type.vlen(), 1u) : type.vlen();
    if (position >= count) {
      return refuse(cat("too many values for BTF ", describe(btf_, type.id())));
    }
    const Member member = type.member(position);
    return Place{
        .type_id = member.type_id, .offset_bits = member.offset_bits, .bitfield_bits = member.bitfield_bits};
  }

  /// After a designator the next item without one is the one that follows it.
  static Result<u32> position_of(const Type& type, std::string_view path, u32 position) {
    if (type.kind() == Kind::array) {
      u32 index = 0;
      path = trim(path.substr(1));
      std::from_chars(path.data(), path.data() + path.size(), index);
      return index;
    }
    const std::string_view name = trim(path.substr(1, path.find_first_of(".[ ", 1) - 1));
    for (u32 i = 0; type.is_composite() && i < type.vlen(); ++i) {
      if (type.member(i).name == name) {
        return i;
      }
    }
    return position;
  }

  const Btf& btf_;
  std::string_view text_;
  std::string_view rest_;
  std::span<std::byte> bytes_;
  u32 parts_ = 0;
};

}  // namespace

Result<void> parse_at(const Btf& btf, const Place& place, std::string_view text, std::span<std::byte> bytes) {
  std::vector<std::byte> changed(bytes.begin(), bytes.end());
  SKEP_CHECK(Parser(btf, text, changed).run(place));
  std::ranges::copy(changed, bytes.begin());
  return {};
}

Result<void> parse_into(const Btf& btf, u32 id, std::string_view text, std::span<std::byte> bytes) {
  return parse_at(btf, {.type_id = id}, text, bytes);
}

}  // namespace skep::btf

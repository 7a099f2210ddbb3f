#include "btf/value.h"

#include <algorithm>

#include "btf/bits.h"

namespace skep::btf {

namespace {

constexpr u32 most_parts = 1u << 20;

class Decoder {
 public:
  Decoder(const Btf& btf, std::span<const std::byte> bytes, Strings strings)
      : btf_(btf), bytes_(bytes), strings_(strings) {}

  Result<Value> value(u32 id, u64 offset, u32 depth) {
    if (depth > max_depth || ++parts_ > most_parts) {
      return fail(Errc::malformed, cat("BTF ", describe(btf_, id), ": nests deeper than ", max_depth,
                                       " or has over a million parts"));
    }
    const Type type = btf_.type(btf_.resolve(id));
    switch (type.kind()) {
      case Kind::int_: return integer(type, offset);
      case Kind::enum_:
      case Kind::enum64: return enumeration(type, offset * 8, type.size_bytes() * 8);
      case Kind::ptr: return pointer(offset);
      case Kind::float_: return floating(type, offset);
      case Kind::array: return array(type, offset, depth);
      case Kind::struct_:
      case Kind::union_: {
        SKEP_CHECK(want(type, offset, type.size_bytes()));
        Value::Fields fields;
        SKEP_CHECK(members(type, offset, depth, fields));
        return Value{std::move(fields)};
      }
      case Kind::var: return value(type.type_id(), offset, depth + 1);
      case Kind::datasec: return section(type, offset, depth);
      default: return fail(Errc::invalid, cat("BTF ", describe(btf_, id), ": has no value"));
    }
  }

 private:
  Result<void> want(const Type& type, u64 offset, u64 bytes) const {
    if (offset > bytes_.size() || bytes > bytes_.size() - offset) {
      return fail(Errc::truncated, cat("BTF ", describe(btf_, type.id()), ": want ", bytes,
                                       " bytes at offset ", offset, " of the value, have ", bytes_.size()));
    }
    return {};
  }

  /// "0x..." of the bytes as one number.
  Value wide(u64 offset, u64 bytes) const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text = "0x";
    for (u64 i = 0; i < bytes; ++i) {
      const u64 at = offset + (std::endian::native == std::endian::little ? bytes - 1 - i : i);
      const auto byte = std::to_integer<unsigned>(bytes_[at]);
      text.push_back(digits[byte >> 4]);
      text.push_back(digits[byte & 0xf]);
    }
    return Value{Word{std::move(text)}};
  }

  static Value number(const Type& type, u64 raw, u32 bits) {
    if ((type.int_encoding() & BTF_INT_BOOL) != 0) {
      return Value{raw != 0};
    }
    if ((type.int_encoding() & BTF_INT_SIGNED) != 0) {
      return Value{sign_extend(raw, bits)};
    }
    return Value{raw};
  }

  Result<Value> integer(const Type& type, u64 offset) const {
    SKEP_CHECK(want(type, offset, type.size_bytes()));
    const u32 bits = type.int_bits();
    if (bits > 64) {
      return wide(offset, type.size_bytes());
    }
    return bits == 0 ? Value{u64{0}}
                     : number(type, read_bits(bytes_, offset * 8 + type.int_offset_bits(), bits), bits);
  }

  Result<Value> enumeration(const Type& type, u64 offset_bits, u32 bits) const {
    SKEP_CHECK(want(type, offset_bits / 8, (offset_bits % 8 + bits + 7) / 8));
    const u64 raw = read_bits(bytes_, offset_bits, bits);
    const u64 mask = bits == 64 ? ~u64{0} : (u64{1} << bits) - 1;
    for (u32 i = 0; i < type.vlen(); ++i) {
      if (const Enumerator row = type.enumerator(i); (static_cast<u64>(row.value) & mask) == raw) {
        return Value{Word{std::string(row.name)}};
      }
    }
    return type.kind_flag() ? Value{sign_extend(raw, bits)} : Value{raw};
  }

  Result<Value> pointer(u64 offset) const {
    SKEP_TRY(const u64 address, ByteView(bytes_, std::endian::native).read<u64>(offset));
    return Value{Word{hex(address)}};
  }

  Result<Value> floating(const Type& type, u64 offset) const {
    SKEP_CHECK(want(type, offset, type.size_bytes()));
    if (type.size_bytes() == sizeof(float)) {
      float number;
      std::memcpy(&number, bytes_.data() + offset, sizeof number);
      return Value{double{number}};
    }
    if (type.size_bytes() == sizeof(double)) {
      double number;
      std::memcpy(&number, bytes_.data() + offset, sizeof number);
      return Value{number};
    }
    return wide(offset, type.size_bytes());
  }

  Result<Value> array(const Type& type, u64 offset, u32 depth) {
    const Array array = type.array();
    if (is_character(btf_, array.element_type_id)) {
      SKEP_CHECK(want(type, offset, array.count));
      std::string text(reinterpret_cast<const char*>(bytes_.data()) + offset, array.count);
      text.erase(strings_ == Strings::whole ? text.find_last_not_of('\0') + 1
                                            : std::min(text.find('\0'), text.size()));
      return Value{std::move(text)};
    }
    SKEP_TRY(const u64 element_bytes, btf_.size_bytes(array.element_type_id));
    SKEP_TRY(const u64 whole_bytes, btf_.size_bytes(type.id()));
    SKEP_CHECK(want(type, offset, whole_bytes));
    Value::List list;
    for (u64 i = 0; i < array.count; ++i) {
      SKEP_TRY(Value element, value(array.element_type_id, offset + i * element_bytes, depth + 1));
      list.push_back(std::move(element));
    }
    return Value{std::move(list)};
  }

  Result<void> members(const Type& type, u64 offset, u32 depth, Value::Fields& fields) {
    for (u32 i = 0; i < type.vlen(); ++i) {
      const Member member = type.member(i);
      const Type own = btf_.type(btf_.resolve(member.type_id));
      if (depth >= max_depth || ++parts_ > most_parts) {
        return fail(Errc::malformed, cat("BTF ", describe(btf_, type.id()), ": nests deeper than ", max_depth,
                                         " or has over a million parts"));
      }
      if (member.bitfield_bits != 0) {
        if (member.name.empty()) {
          continue;  // padding
        }
        SKEP_TRY(Value value, bitfield(own, offset * 8 + member.offset_bits, member.bitfield_bits));
        fields.push_back({std::string(member.name), std::move(value)});
        continue;
      }
      const u64 member_offset = offset + member.offset_bits / 8;
      if (member.name.empty() && own.is_composite()) {
        SKEP_CHECK(want(own, member_offset, own.size_bytes()));
        SKEP_CHECK(members(own, member_offset, depth + 1, fields));
        continue;
      }
      SKEP_TRY_IN(cat("member '", member.name, "'"), Value value,
                  this->value(member.type_id, member_offset, depth + 1));
      fields.push_back({std::string(member.name), std::move(value)});
    }
    return {};
  }

  Result<Value> bitfield(const Type& type, u64 offset_bits, u32 bits) const {
    if ((type.kind() != Kind::int_ && !type.is_enum()) || bits > 64) {
      return fail(Errc::malformed,
                  cat("BTF ", describe(btf_, type.id()), ": cannot be a bitfield of ", bits, " bits"));
    }
    if (type.is_enum()) {
      return enumeration(type, offset_bits, bits);
    }
    SKEP_CHECK(want(type, offset_bits / 8, (offset_bits % 8 + bits + 7) / 8));
    return number(type, read_bits(bytes_, offset_bits, bits), bits);
  }

  Result<Value> section(const Type& type, u64 offset, u32 depth) {
    Value::Fields fields;
    for (u32 i = 0; i < type.vlen(); ++i) {
      const SectionVariable row = type.section_variable(i);
      const std::string_view name = btf_.type(row.type_id).name();
      SKEP_TRY_IN(cat("variable '", name, "'"), Value variable,
                  value(row.type_id, offset + row.offset, depth + 1));
      fields.push_back({std::string(name), std::move(variable)});
    }
    return Value{std::move(fields)};
  }

  const Btf& btf_;
  std::span<const std::byte> bytes_;
  Strings strings_;
  u32 parts_ = 0;
};

}  // namespace

bool is_character(const Btf& btf, u32 id) {
  const Type type = btf.type(btf.resolve(id));
  return type.kind() == Kind::int_ && type.size_bytes() == 1 &&
         ((type.int_encoding() & BTF_INT_CHAR) != 0 || type.name() == "char");
}

Result<Value> decode(const Btf& btf, u32 id, std::span<const std::byte> bytes, Strings strings) {
  return Decoder(btf, bytes, strings).value(id, 0, 0);
}

Result<std::string> format(const Btf& btf, u32 id, std::span<const std::byte> bytes, u32 most_elements,
                           Strings strings) {
  SKEP_TRY(const Value value, decode(btf, id, bytes, strings));
  return to_text(value, most_elements);
}

}  // namespace skep::btf

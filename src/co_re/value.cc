#include "co_re/value.h"

#include "co_re/kinds.h"

namespace skep::co_re {

namespace {

/// Where a field lies and the load that reads it.
struct Field {
  u64 offset_bits = 0;
  u32 bits = 0;
  u64 load_offset_bytes = 0;
  u32 load_bytes = 0;
  bool is_bitfield = false;
};

/// The narrowest load from a multiple of its own width that covers the bitfield, beginning at the width that its declared type has.
Result<Field> place_bitfield(u64 offset_bits, u32 bits, u32 declared_bytes) {
  Field field{.offset_bits = offset_bits, .bits = bits, .is_bitfield = true};
  for (u32 bytes = declared_bytes; bytes != 0 && bytes <= 8; bytes *= 2) {
    const u64 start = offset_bits / 8 / bytes * bytes;
    if (offset_bits + bits - start * 8 <= u64{bytes} * 8) {
      field.load_offset_bytes = start;
      field.load_bytes = bytes;
      return field;
    }
  }
  return fail(Errc::invalid, cat("a bitfield of ", bits, " bits at bit ", offset_bits,
                                 ", which no load of up to 8 bytes can read"));
}

bool is_signed(const btf::Type& type) {
  return (type.is_enum() && type.kind_flag()) ||
         (type.kind() == btf::Kind::int_ && (type.int_encoding() & BTF_INT_SIGNED) != 0);
}

Result<Value> element_value(const Types& types, const Access& access, u32 kind) {
  const u32 id = access.steps.back().type_id;
  SKEP_TRY(const u64 bytes, types.size_bytes(id));
  if (kind == BPF_CORE_FIELD_BYTE_OFFSET) {
    return Value{
        .number = access.offset_bits / 8, .access_bytes = static_cast<u32>(bytes), .field_type_id = id};
  }
  if (kind == BPF_CORE_FIELD_BYTE_SIZE) {
    return Value{.number = bytes};
  }
  return fail(Errc::invalid, "asks an array element for its sign or its shifts, which only a member has");
}

Result<Field> place(const Types& types, const Access& access, const btf::Member& member,
                    const btf::Type& type) {
  if (member.bitfield_bits != 0) {
    if (type.kind() != btf::Kind::int_ && !type.is_enum()) {
      return fail(Errc::malformed, cat("a bitfield of BTF ", describe(types.btf(), type.id())));
    }
    return place_bitfield(access.offset_bits, member.bitfield_bits, type.size_bytes());
  }
  SKEP_TRY(const u64 bytes, types.size_bytes(type.id()));
  const u32 width = static_cast<u32>(bytes);
  return Field{.offset_bits = access.offset_bits,
               .bits = width * 8,
               .load_offset_bytes = access.offset_bits / 8,
               .load_bytes = width};
}

Result<Value> member_value(const Types& types, const Access& access, u32 kind, std::endian order) {
  const Step& last = access.steps.back();
  const btf::Member member = types.type(last.type_id).member(last.index);
  const btf::Type type = types.resolved(member.type_id);
  SKEP_TRY(const Field field, place(types, access, member, type));
  Value value{.is_certain = !field.is_bitfield};
  switch (kind) {
    case BPF_CORE_FIELD_BYTE_OFFSET:
      value.number = field.load_offset_bytes;
      if (!field.is_bitfield) {
        value.access_bytes = field.load_bytes;
        value.field_type_id = type.id();
      }
      break;
    case BPF_CORE_FIELD_BYTE_SIZE: value.number = field.load_bytes; break;
    case BPF_CORE_FIELD_SIGNED:
      value.number = is_signed(type) ? 1 : 0;
      value.is_certain = true;
      break;
    case BPF_CORE_FIELD_LSHIFT_U64: {
      // Unsigned arithmetic wraps for what is wider than 8 bytes, as in C: nobody shifts a struct.
      const u64 into_load = field.offset_bits - field.load_offset_bytes * 8;
      value.number =
          static_cast<u32>(order == std::endian::little ? u64{64} - (into_load + field.bits)
                                                        : (u64{8} - field.load_bytes) * 8 + into_load);
      break;
    }
    case BPF_CORE_FIELD_RSHIFT_U64:
      value.number = u32{64} - field.bits;
      value.is_certain = true;
      break;
    default: return fail(Errc::unsupported, cat("asks a member for kind ", kind));
  }
  return value;
}

Value enumerator_value(const Types& types, const Access& access) {
  const btf::Type type = types.type(access.steps.front().type_id);
  const s64 value = type.enumerator(access.steps.front().index).value;
  if (type.kind() == btf::Kind::enum64) {
    return {.number = static_cast<u64>(value)};
  }
  // Whether an enum is signed is told since 2022 only; before that, a number with its highest bit set was far more likely negative than large.
  return {.number = static_cast<u64>(s64{static_cast<s32>(value)}), .is_32_bits = true};
}

}  // namespace

Result<Value> value_of(const Types& types, const Access& access, u32 kind, std::endian order) {
  switch (kind) {
    case BPF_CORE_FIELD_EXISTS:
    case BPF_CORE_TYPE_EXISTS:
    case BPF_CORE_TYPE_MATCHES:
    case BPF_CORE_ENUMVAL_EXISTS: return Value{.number = 1};
    case BPF_CORE_TYPE_ID_LOCAL:
    case BPF_CORE_TYPE_ID_TARGET: return Value{.number = access.root_type_id, .is_certain = false};
    case BPF_CORE_TYPE_SIZE: {
      SKEP_TRY(const u64 bytes, types.size_bytes(access.root_type_id));
      return Value{.number = bytes};
    }
    case BPF_CORE_ENUMVAL_VALUE: return enumerator_value(types, access);
    default: break;
  }
  SKEP_ASSERT(!access.steps.empty());
  return access.steps.back().name.empty() ? element_value(types, access, kind)
                                          : member_value(types, access, kind, order);
}

std::optional<Value> value_of_nothing(u32 kind) {
  return poisons(kind) ? std::nullopt : std::optional(Value{});
}

}  // namespace skep::co_re

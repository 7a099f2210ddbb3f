// The one pass over the types of a blob. It notes where each type starts and, instead of judging each reference, keeps the highest type id and string
// offset seen: references may point forward, so they can only be judged at the end anyway, and a maximum costs next to nothing. Only when
// something is wrong does a second, slow pass look for the first type to blame.
#include <algorithm>

#include "btf/blob.h"

namespace skep::btf {

namespace {

constexpr u32 most_types = 0x7fffffff;  // ids are signed in the C ABI

/// Highest references seen. Type ids and string offsets of a record's parts.
struct Highest {
  u32 id = 0;
  u32 name = 0;

  void see_id(u32 value) { id = std::max(id, value); }
  void see_name(u32 value) { name = std::max(name, value); }
};

/// Takes notice of what the elements of a record refer to. `tail` is what follows the btf_type.
inline void see_elements(Kind kind, const std::byte* tail, u32 vlen, Highest& highest) {
  const std::size_t count = vlen;
  switch (kind) {
    case Kind::array:
      highest.see_id(load_word(tail));
      highest.see_id(load_word(tail + 4));
      break;
    case Kind::struct_:
    case Kind::union_:
      for (std::size_t i = 0; i < count; ++i) {
        highest.see_name(load_word(tail + i * sizeof(btf_member)));
        highest.see_id(load_word(tail + i * sizeof(btf_member) + 4));
      }
      break;
    case Kind::func_proto:
      for (std::size_t i = 0; i < count; ++i) {
        highest.see_name(load_word(tail + i * sizeof(btf_param)));
        highest.see_id(load_word(tail + i * sizeof(btf_param) + 4));
      }
      break;
    case Kind::enum_:
    case Kind::enum64: {
      const std::size_t element_bytes = kind_layouts[static_cast<std::size_t>(kind)].element;
      for (std::size_t i = 0; i < count; ++i) {
        highest.see_name(load_word(tail + i * element_bytes));
      }
      break;
    }
    case Kind::datasec:
      for (std::size_t i = 0; i < count; ++i) {
        highest.see_id(load_word(tail + i * sizeof(btf_var_secinfo)));
      }
      break;
    default: break;
  }
}

std::string frame_of(const Blob& blob, u32 index, u32 raw_kind) {
  return raw_kind < kind_count
             ? cat("BTF type ", blob.first_id + index, " (", btf_kind_names[raw_kind].name, ")")
             : cat("BTF type ", blob.first_id + index, " (kind ", raw_kind, ")");
}

/// A FUNC is about a FUNC_PROTO, a DATASEC holds VARs and FUNCs: readers count on it.
Result<void> check_later(const Blob& blob, u32 index) {
  const u32 id = blob.first_id + index;
  const Type type(blob, blob.record(id), id);
  const auto is_kind = [&](u32 other, u32 kinds) {
    const u32 raw = blob.raw_kind(other);
    return raw < kind_count && is_one_of(static_cast<Kind>(raw), kinds);
  };
  if (type.kind() == Kind::func && !is_kind(type.type_id(), bit(Kind::func_proto))) {
    return fail(Errc::malformed, cat(frame_of(blob, index, type.raw_kind()), ": type ", type.type_id(),
                                     " is not a FUNC_PROTO"));
  }
  for (u32 i = 0; type.kind() == Kind::datasec && i < type.vlen(); ++i) {
    if (const u32 variable = type.section_variable(i).type_id;
        !is_kind(variable, bit(Kind::var) | bit(Kind::func))) {
      return fail(Errc::malformed, cat(frame_of(blob, index, type.raw_kind()), ": entry ", i, ": type ",
                                       variable, " is neither a VAR nor a FUNC"));
    }
  }
  return {};
}

/// The slow pass: which reference is out of range.
Result<void> blame(const Blob& blob) {
  for (u32 i = 0; i < blob.own_count(); ++i) {
    const std::byte* record = blob.types.data() + blob.offsets[i];
    const u32 raw_kind = blob.kinds[i];
    const u32 info = load_word(record + 4);
    Highest highest;
    highest.see_name(load_word(record));
    if (raw_kind < kind_count) {
      const Kind kind = static_cast<Kind>(raw_kind);
      highest.see_id(is_one_of(kind, referring_kinds) ? load_word(record + 8) : 0);
      see_elements(kind, record + sizeof(btf_type), BTF_INFO_VLEN(info), highest);
    }
    if (highest.name >= blob.string_end()) {
      return fail(Errc::malformed, cat(frame_of(blob, i, raw_kind), ": a name at string offset ",
                                       highest.name, ", but the strings end at ", blob.string_end()));
    }
    if (highest.id >= blob.type_count()) {
      return fail(Errc::malformed, cat(frame_of(blob, i, raw_kind), ": refers to type ", highest.id,
                                       ", but there are only ", blob.type_count()));
    }
  }
  return {};
}

/// Why the pass stopped before the end of the types.
struct Stop {
  u64 at = 0;
  u32 raw_kind = 0;
  std::optional<u64> tail{};  // absent: nobody tells the size of this kind
};

std::unexpected<Error> refuse(const Blob& blob, const Stop& stop) {
  const u64 left = blob.types.size() - stop.at;
  const std::string frame = left < sizeof(btf_type) ? cat("BTF type ", blob.first_id + blob.own_count())
                                                    : frame_of(blob, blob.own_count(), stop.raw_kind);
  if (stop.tail && left >= sizeof(btf_type) + *stop.tail) {
    return fail(Errc::malformed,
                cat(frame, ": its size and width contradict each other or are not possible"));
  }
  if (stop.tail) {
    return fail(Errc::truncated, cat(frame, ": want ", sizeof(btf_type) + *stop.tail, " bytes at offset ",
                                     stop.at, " of the types, have ", blob.types.size()));
  }
  if (stop.raw_kind == 0) {
    return fail(Errc::malformed, cat(frame, ": kind 0 stands for no type"));
  }
  return fail(Errc::unsupported,
              cat(frame, ": this skep does not know the kind, and no layout part tells its size"));
}

/// The elements of a STRUCT, UNION or FUNC_PROTO: each begins with a name and a type. Returns false when they reach past the end.
template <std::size_t stride>
inline bool see_named_types(const std::byte* tail, u64 bytes, u64 left, Highest& highest) {
  if (bytes > left) {
    return false;
  }
  for (const std::byte* const end = tail + bytes; tail != end; tail += stride) {
    highest.see_name(load_word(tail));
    highest.see_id(load_word(tail + 4));
  }
  return true;
}

/// The kinds of which there are few. Returns why to stop, if so.
std::optional<Stop> see_rare(const Blob& blob, const std::byte* record, std::optional<u64> tail,
                             Highest& highest) {
  const u64 at = static_cast<u64>(record - blob.types.data());
  const u32 info = load_word(record + 4);
  const u32 raw_kind = BTF_INFO_KIND(info);
  const Stop stop{.at = at, .raw_kind = raw_kind, .tail = tail};
  if (!tail || *tail > blob.types.size() - at - sizeof(btf_type)) {
    return stop;
  }
  if (raw_kind >= kind_count) {
    return std::nullopt;
  }
  const Kind kind = static_cast<Kind>(raw_kind);
  if (!is_scalar_sound(kind, record)) {
    return stop;
  }
  highest.see_id(is_one_of(kind, referring_kinds) ? load_word(record + 8) : 0);
  see_elements(kind, record + sizeof(btf_type), BTF_INFO_VLEN(info), highest);
  return std::nullopt;
}

/// The pass itself: one record after another. The kinds that make up most of a kernel's types have their own cases, so that the next record's place does not
/// wait for a table; and all works on local copies, because stores to `kinds` (bytes, which may alias anything) would make the compiler
/// reload every member each time round.
std::optional<Stop> walk(Blob& blob, Highest& all, std::vector<u32>& later) {
  const std::byte* const types = blob.types.data();
  const u64 end = blob.types.size();
  u32* const offsets = blob.offsets.get();
  u8* const kinds = blob.kinds.get();
  const u32 first_id = blob.first_id;
  Highest highest;
  std::optional<Stop> stop;
  u32 count = 0;
  for (u64 at = 0; at < end && !stop; ++count) {
    if (end - at < sizeof(btf_type)) {
      stop = Stop{.at = at, .tail = 0};
      break;
    }
    const std::byte* const record = types + at;
    const u32 info = load_word(record + 4);
    const u32 third = load_word(record + 8);
    const u32 raw_kind = BTF_INFO_KIND(info);
    const u64 left = end - at - sizeof(btf_type);
    u64 tail = 0;
    bool fits = true;
    switch (raw_kind) {
      case BTF_KIND_FUNC:
        highest.see_id(third);
        // Compilers emit a prototype before its functions: decided at once. A base's type makes the subtraction wrap, and is looked at later.
        if (third - first_id >= count || kinds[third - first_id] != BTF_KIND_FUNC_PROTO) {
          later.push_back(count);
        }
        break;
      case BTF_KIND_PTR:
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_TYPEDEF: highest.see_id(third); break;
      case BTF_KIND_FUNC_PROTO:
        highest.see_id(third);
        tail = u64{BTF_INFO_VLEN(info)} * sizeof(btf_param);
        fits = see_named_types<sizeof(btf_param)>(record + sizeof(btf_type), tail, left, highest);
        break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION:
        tail = u64{BTF_INFO_VLEN(info)} * sizeof(btf_member);
        fits = see_named_types<sizeof(btf_member)>(record + sizeof(btf_type), tail, left, highest);
        break;
      default: {
        const auto bytes = tail_bytes(blob, raw_kind, BTF_INFO_VLEN(info));
        stop = see_rare(blob, record, bytes, highest);
        tail = bytes.value_or(0);
        if (raw_kind == BTF_KIND_DATASEC) {
          later.push_back(count);
        }
      }
    }
    if (!fits || stop) {
      stop = Stop{.at = at, .raw_kind = raw_kind, .tail = stop ? stop->tail : tail};
      break;
    }
    highest.see_name(load_word(record));
    offsets[count] = static_cast<u32>(at);
    kinds[count] = static_cast<u8>(raw_kind);
    at += sizeof(btf_type) + tail;
  }
  blob.known = count;
  blob.is_walked = true;
  all = highest;
  return stop;
}

/// Room for as many types as there can be. Memory that is not needed is never touched.
Result<void> make_room(Blob& blob) {
  const u64 most = blob.types.size() / sizeof(btf_type);  // the shortest record
  if (blob.first_id + most > most_types) {
    return fail(Errc::malformed, cat("BTF types: ", blob.types.size(), " bytes of types are too many"));
  }
  blob.offsets = std::make_unique_for_overwrite<u32[]>(most);
  blob.kinds = std::make_unique_for_overwrite<u8[]>(most);
  return {};
}

}  // namespace

bool is_scalar_sound(Kind kind, const std::byte* record) {
  const u32 bytes = load_word(record + 8);
  switch (kind) {
    case Kind::int_: {
      const u32 word = load_word(record + sizeof(btf_type));
      return bytes >= 1 && bytes <= 16 && BTF_INT_OFFSET(word) + BTF_INT_BITS(word) <= 8 * bytes;
    }
    case Kind::enum_:
    case Kind::enum64: return bytes >= 1 && bytes <= 8 && std::has_single_bit(bytes);
    case Kind::float_: return bytes >= 1 && bytes <= 16;
    default: return true;
  }
}

std::optional<u64> tail_bytes(const Blob& blob, u32 raw_kind, u32 vlen) {
  if (raw_kind != 0 && raw_kind < kind_count) {
    return kind_layouts[raw_kind].info + u64{vlen} * kind_layouts[raw_kind].element;
  }
  const u64 row = u64{raw_kind} * sizeof(btf_layout);
  if (raw_kind == 0 || row + sizeof(btf_layout) > blob.layout.size()) {
    return std::nullopt;
  }
  const auto size_at = [&](u64 offset) { return std::to_integer<u64>(blob.layout[row + offset]); };
  return size_at(0) + size_at(1) * vlen;
}

Result<void> index_types(Blob& blob) {
  SKEP_CHECK(make_room(blob));
  Highest highest;
  std::vector<u32> later;
  if (const auto stop = walk(blob, highest, later)) {
    return refuse(blob, *stop);
  }
  if (highest.id >= blob.type_count() || highest.name >= std::max<u64>(blob.string_end(), 1)) {
    return blame(blob);
  }
  for (const u32 index : later) {
    SKEP_CHECK(check_later(blob, index));
  }
  return {};
}

Result<void> index_later(Blob& blob) {
  SKEP_CHECK(make_room(blob));
  blob.is_walked = false;
  return {};
}

/// As walk(), but it judges nothing that Type does not need to stay within the blob. What cannot be stepped over ends the types.
u32 Blob::reach(u32 wanted) const {
  const std::scoped_lock held(walk_lock);
  if (is_walked.load(std::memory_order_relaxed)) {
    return known.load(std::memory_order_relaxed);
  }
  u64 at = walked_bytes;
  u32 count = known.load(std::memory_order_relaxed);
  const std::byte* const begin = types.data();
  const u64 end = types.size();
  for (; count < wanted && end - at >= sizeof(btf_type); ++count) {
    const std::byte* const record = begin + at;
    const u32 info = load_word(record + 4);
    const u32 raw_kind = BTF_INFO_KIND(info);
    u64 tail = 0;
    bool is_sound = true;
    switch (raw_kind) {
      case BTF_KIND_FUNC:
      case BTF_KIND_PTR:
      case BTF_KIND_CONST:
      case BTF_KIND_VOLATILE:
      case BTF_KIND_TYPEDEF: break;
      case BTF_KIND_FUNC_PROTO: tail = u64{BTF_INFO_VLEN(info)} * sizeof(btf_param); break;
      case BTF_KIND_STRUCT:
      case BTF_KIND_UNION: tail = u64{BTF_INFO_VLEN(info)} * sizeof(btf_member); break;
      default:
        tail = tail_bytes(*this, raw_kind, BTF_INFO_VLEN(info)).value_or(end);
        is_sound = tail <= end - at - sizeof(btf_type) &&
                   (raw_kind >= kind_count || is_scalar_sound(static_cast<Kind>(raw_kind), record));
    }
    if (tail > end - at - sizeof(btf_type) || !is_sound) {
      at = end;
      break;
    }
    offsets[count] = static_cast<u32>(at);
    kinds[count] = static_cast<u8>(raw_kind);
    at += sizeof(btf_type) + tail;
  }
  walked_bytes = at;
  known.store(count, std::memory_order_release);
  is_walked.store(end - at < sizeof(btf_type), std::memory_order_release);
  return count;
}

}  // namespace skep::btf

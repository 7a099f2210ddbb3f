// What a Btf shares: the bytes, where types start, and the name indexes. Private to this layer.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "btf/btf.h"

namespace skep::btf {

/// Ids of the named types of one kind by hash of their names: open addressing, a power of two at most half full. 0 marks a free slot.
struct NameIndex {
  std::atomic<u32> searches = 0;  // made before it was built
  std::atomic<bool> is_built = false;
  std::once_flag once;
  std::vector<u32> slots;
};

/// Ids of the named types by hash of their essential names. Types that share a name are a chain, ascending.
struct EssentialIndex {
  std::atomic<bool> is_built = false;
  std::once_flag once;
  std::vector<u32> heads;  // as NameIndex::slots
  std::vector<u32> next;   // per own type: the next of the same name; 0 ends the chain
};

/// What passes over all types have found for the names that were asked for: ids by essential name, ascending.
struct KnownNames {
  std::mutex lock;
  u32 passes = 0;
  std::map<std::string, std::vector<u32>, std::less<>> ids;
};

/// How much of a string is looked at: else a file with one long string, and many types whose names begin somewhere in it, would take hours. The kernel's own limit for names
/// is 512 bytes; source lines are longer at times.
inline constexpr std::size_t longest_string = 4096;

struct Blob {
  std::shared_ptr<const void> owner;  // keeps borrowed bytes alive; null when `copy` holds them
  std::vector<std::byte> copy;
  std::span<const std::byte> bytes;
  std::endian original_order = std::endian::native;

  std::shared_ptr<const Btf> base;
  const Blob* base_blob = nullptr;
  u32 first_id = 1;
  u32 first_string = 0;  // offset of this blob's strings: how many bytes of strings the base has

  std::span<const std::byte> types;
  std::string_view strings;
  std::span<const std::byte> layout;  // btf_layout per kind; may be empty

  // Where the types are. Of a checked blob all places are known from the start; in a trusted one they are found as they are needed, from the first one on.
  std::unique_ptr<u32[]> offsets;      // of each own type, within `types`
  std::unique_ptr<u8[]> kinds;         // of each own type
  mutable std::atomic<u32> known = 0;  // how many of both are filled in
  mutable std::atomic<bool> is_walked = false;
  mutable std::mutex walk_lock;
  mutable u64 walked_bytes = 0;

  mutable std::array<NameIndex, kind_count> indexes;
  mutable EssentialIndex essential;
  mutable KnownNames known_names;

  /// Finds the places of the first `wanted` own types, where there are so many. Returns how many are known.
  u32 reach(u32 wanted) const;
  u32 own_count() const {
    return is_walked.load(std::memory_order_acquire) ? known.load(std::memory_order_relaxed) : reach(~u32{0});
  }
  u32 type_count() const { return first_id + own_count(); }
  /// True when there is a type with this id.
  bool has(u32 id) const {
    const u32 index = id - first_id;
    return id < first_id || index < known.load(std::memory_order_acquire) ||
           (!is_walked.load(std::memory_order_acquire) && index < reach(index + 1));
  }
  u64 string_end() const { return u64{first_string} + strings.size(); }
  const std::byte* record(u32 id) const;
  u32 raw_kind(u32 id) const;
  /// Empty where there is none; cut where it is longer than longest_string.
  std::string_view string(u32 offset) const;
};

/// One pass over the own types of `blob`: adds to `ids`, under each name that stands there, the types with this essential name.
void find_names(const Blob& blob, std::map<std::string, std::vector<u32>, std::less<>>& ids);
/// One pass over the own types of this kind: the first called `name`, or 0.
u32 find_name(const Blob& blob, std::string_view name, Kind kind);

/// Fills in offsets and kinds of `blob` (whose types, strings, layout and base are set) and checks every reference.
/// Errors: as Btf::parse.
Result<void> index_types(Blob& blob);
/// Prepares `blob` for Blob::reach().
Result<void> index_later(Blob& blob);

/// Bytes of a record after its btf_type, or nothing for a kind whose size nobody tells.
std::optional<u64> tail_bytes(const Blob& blob, u32 raw_kind, u32 vlen);
/// True when sizes and bit counts of a scalar are such that values can be read. Sizes of other kinds are free.
bool is_scalar_sound(Kind kind, const std::byte* record);

/// Bytes that follow the btf_type of a known kind: `info` once and `element` for each of vlen.
struct KindLayout {
  u8 info;
  u8 element;
};
// clang-format off: one kind per row
inline constexpr std::array<KindLayout, kind_count> kind_layouts{{
    {0, 0},   // void
    {4, 0},   // INT
    {0, 0},   // PTR
    {12, 0},  // ARRAY
    {0, 12},  // STRUCT
    {0, 12},  // UNION
    {0, 8},   // ENUM
    {0, 0},   // FWD
    {0, 0},   // TYPEDEF
    {0, 0},   // VOLATILE
    {0, 0},   // CONST
    {0, 0},   // RESTRICT
    {0, 0},   // FUNC: vlen is its linkage
    {0, 8},   // FUNC_PROTO
    {4, 0},   // VAR
    {0, 12},  // DATASEC
    {0, 0},   // FLOAT
    {4, 0},   // DECL_TAG
    {0, 0},   // TYPE_TAG
    {0, 12},  // ENUM64
}};
// clang-format on

constexpr u32 bit(Kind kind) {
  return u32{1} << static_cast<u32>(kind);
}
/// The kinds whose third word is the id of a type.
inline constexpr u32 referring_kinds =
    bit(Kind::ptr) | bit(Kind::typedef_) | bit(Kind::volatile_) | bit(Kind::const_) | bit(Kind::restrict_) |
    bit(Kind::func) | bit(Kind::func_proto) | bit(Kind::var) | bit(Kind::decl_tag) | bit(Kind::type_tag);
/// The kinds whose third word is a size in bytes.
inline constexpr u32 sized_kinds = bit(Kind::int_) | bit(Kind::enum_) | bit(Kind::enum64) |
                                   bit(Kind::struct_) | bit(Kind::union_) | bit(Kind::datasec) |
                                   bit(Kind::float_);
/// The kinds that change nothing about a value.
inline constexpr u32 transparent_kinds = bit(Kind::typedef_) | bit(Kind::volatile_) | bit(Kind::const_) |
                                         bit(Kind::restrict_) | bit(Kind::type_tag);

constexpr bool is_one_of(Kind kind, u32 kinds) {
  return ((kinds >> static_cast<u32>(kind)) & 1) != 0;
}

inline u32 load_word(const std::byte* at) {
  u32 value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace skep::btf

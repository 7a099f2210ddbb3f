// Searches for names by a pass over all types. A type is told apart from those that nobody wants by the first eight bytes of its name alone, which are one load; so a
// pass for a hundred names costs as much as one for one name, and half of what an index costs.
#include <algorithm>

#include "btf/blob.h"
#include "btf/names.h"

namespace skep::btf {

namespace {

constexpr u64 every_byte(u8 value) {
  return 0x0101010101010101 * value;
}

/// 0x80 in each byte of `word` that is zero, 0 in all others.
constexpr u64 zero_bytes(u64 word) {
  constexpr u64 low = every_byte(0x7f);
  return ~(((word & low) + low) | word | low);
}

/// The first eight bytes of a name, the first one lowest; zeroes after its end.
constexpr u64 cut_at_nul(u64 word) {
  const u64 ends = zero_bytes(word);
  return word & ((ends & (~ends + 1)) - 1);
}

/// True when the eight bytes hold "___".
constexpr bool has_separator(u64 word) {
  const u64 hits = zero_bytes(word ^ every_byte('_'));
  return (hits & (hits >> 8) & (hits >> 16)) != 0;
}

u64 first_bytes(std::string_view name) {
  u64 word = 0;
  std::memcpy(&word, name.data(), std::min(name.size(), sizeof word));
  return cut_at_nul(from_order(word, std::endian::little));
}

/// The first bytes of the name at `offset`.
inline u64 first_bytes(const Blob& blob, u32 offset) {
  const u64 at = offset - blob.first_string;  // wraps for a string of the base
  u64 word;
  if (at + sizeof word > blob.strings.size()) {
    return first_bytes(blob.string(offset));
  }
  std::memcpy(&word, blob.strings.data() + at, sizeof word);
  return cut_at_nul(from_order(word, std::endian::little));
}

/// Which first bytes are wanted: a set of bits by hash, so that now and then one passes that is not.
class Filter {
 public:
  void add(u64 word) { bits_[hash(word) / 64] |= u64{1} << hash(word) % 64; }
  bool has(u64 word) const { return ((bits_[hash(word) / 64] >> hash(word) % 64) & 1) != 0; }

 private:
  static constexpr u32 hash_bits = 14;
  static std::size_t hash(u64 word) { return (word * 0x9e3779b97f4a7c15) >> (64 - hash_bits); }
  std::array<u64, (1u << hash_bits) / 64> bits_{};
};

/// Lets through each type of essential name `name`: its first bytes are those of `name`, of `name` and the begin of a separator, or hold a whole separator.
void add_forms(Filter& filter, const std::string& name) {
  for (const std::string_view tail : {"", "_", "__"}) {
    filter.add(first_bytes(name + std::string(tail)));
  }
}

/// Calls `visit` with the index of each own type until it says true; in a blob that is not walked yet, types are looked at soon after they were found, while they are in the cache.
template <class Visit>
void for_each_type(const Blob& blob, Visit visit) {
  constexpr u32 step = 1024;
  for (u32 from = 0;;) {
    const u32 known = blob.known.load(std::memory_order_acquire);
    const u32 to = known > from ? known : blob.reach(from + step);
    if (to <= from) {
      return;
    }
    for (; from < to; ++from) {
      if (visit(from)) {
        return;
      }
    }
  }
}

}  // namespace

void find_names(const Blob& blob, std::map<std::string, std::vector<u32>, std::less<>>& ids) {
  Filter filter;
  for (const auto& [name, found] : ids) {
    add_forms(filter, name);
  }
  const std::byte* const types = blob.types.data();
  for_each_type(blob, [&](u32 i) {
    const u32 offset = load_word(types + blob.offsets[i]);
    const u64 word = first_bytes(blob, offset);
    if (!filter.has(word) && !has_separator(word)) {
      return false;
    }
    const std::string_view name = essential_name(blob.string(offset));
    if (const auto wanted = ids.find(name); wanted != ids.end() && !name.empty()) {
      wanted->second.push_back(blob.first_id + i);
    }
    return false;
  });
}

u32 find_name(const Blob& blob, std::string_view name, Kind kind) {
  const u64 wanted = first_bytes(name);
  const std::byte* const types = blob.types.data();
  u32 found = 0;
  for_each_type(blob, [&](u32 i) {
    if (blob.kinds[i] != static_cast<u8>(kind)) {
      return false;
    }
    const u32 offset = load_word(types + blob.offsets[i]);
    if (first_bytes(blob, offset) != wanted || blob.string(offset) != name) {
      return false;
    }
    found = blob.first_id + i;
    return true;
  });
  return found;
}

}  // namespace skep::btf

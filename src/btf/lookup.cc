// Types by name.
#include <algorithm>

#include "btf/blob.h"
#include "btf/names.h"

namespace skep::btf {

namespace {

/// A hash of 8 bytes per step: the names of a kernel's types are a megabyte, and each is hashed once.
u64 hash_of(std::string_view name) {
  constexpr u64 factor = 0x9e3779b97f4a7c15;
  u64 hash = name.size() * factor;
  const auto mix = [&hash](u64 word) {
    hash = (hash ^ word) * factor;
    hash ^= hash >> 32;
  };
  const char* at = name.data();
  std::size_t left = name.size();
  for (; left >= 8; left -= 8, at += 8) {
    u64 word;
    std::memcpy(&word, at, 8);
    mix(word);
  }
  u64 word = 0;
  std::memcpy(&word, at, left);
  mix(word);
  return hash;
}

/// The slot that holds `name`, or the free one where it belongs.
u32& slot_of(const Blob& blob, std::vector<u32>& slots, std::string_view name) {
  const std::size_t mask = slots.size() - 1;
  std::size_t at = hash_of(name) & mask;
  while (slots[at] != 0 && blob.string(load_word(blob.record(slots[at]))) != name) {
    at = (at + 1) & mask;
  }
  return slots[at];
}

void build_index(const Blob& blob, Kind kind, NameIndex& index) {
  const std::span kinds(blob.kinds.get(), blob.own_count);
  const u8 wanted = static_cast<u8>(kind);
  const auto count = static_cast<std::size_t>(std::count(kinds.begin(), kinds.end(), wanted));
  index.slots.resize(std::bit_ceil(2 * count + 1));
  for (u32 i = 0; i < kinds.size(); ++i) {
    if (kinds[i] != wanted) {
      continue;
    }
    const u32 id = blob.first_id + i;
    const std::string_view name = blob.string(load_word(blob.record(id)));
    if (u32& slot = slot_of(blob, index.slots, name); !name.empty() && slot == 0) {
      slot = id;
    }
  }
}

/// The slot of the chain of `name`, or the free one where it belongs.
u32& head_of(const Blob& blob, std::vector<u32>& heads, std::string_view name) {
  const std::size_t mask = heads.size() - 1;
  std::size_t at = hash_of(name) & mask;
  while (heads[at] != 0 && essential_name(blob.string(load_word(blob.record(heads[at])))) != name) {
    at = (at + 1) & mask;
  }
  return heads[at];
}

void build_index(const Blob& blob, EssentialIndex& index) {
  index.heads.resize(std::bit_ceil(2 * std::size_t{blob.own_count} + 1));
  index.next.resize(blob.own_count);
  for (u32 i = blob.own_count; i-- > 0;) {
    const u32 id = blob.first_id + i;
    const std::string_view name = essential_name(blob.string(load_word(blob.record(id))));
    if (!name.empty()) {
      u32& head = head_of(blob, index.heads, name);
      index.next[i] = head;
      head = id;
    }
  }
}

}  // namespace

std::optional<u32> Btf::find(std::string_view name, Kind kind) const {
  if (blob_->base) {
    if (const auto id = blob_->base->find(name, kind)) {
      return id;
    }
  }
  if (name.empty() || kind == Kind::unknown) {
    return std::nullopt;
  }
  NameIndex& index = blob_->indexes[static_cast<std::size_t>(kind)];
  std::call_once(index.built, [&] { build_index(*blob_, kind, index); });
  const u32 id = slot_of(*blob_, index.slots, name);
  return id == 0 ? std::nullopt : std::optional(id);
}

std::vector<u32> Btf::essential(std::string_view name) const {
  EssentialIndex& index = blob_->essential;
  std::call_once(index.built, [&] { build_index(*blob_, index); });
  std::vector<u32> ids;
  if (!name.empty()) {
    for (u32 id = head_of(*blob_, index.heads, name); id != 0; id = index.next[id - blob_->first_id]) {
      ids.push_back(id);
    }
  }
  return ids;
}

void Btf::want(std::span<const std::string_view> essential_names) const {
  if (!essential_names.empty()) {
    std::call_once(blob_->essential.built, [this] { build_index(*blob_, blob_->essential); });
  }
}

}  // namespace skep::btf

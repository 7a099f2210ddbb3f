// Types by name.
#include <algorithm>
#include <cstdint>

#include "btf/blob.h"
#include "btf/names.h"

namespace skep::btf {

namespace {

/// An index costs about what this many searches cost without.
constexpr u32 searches_before_index = 4;

/// A hash of 8 bytes per step: the names of a kernel's types are a megabyte, and each is hashed once. Where the blob lies in memory is part of it, so that no file can be
/// made whose names all collide; the second factor is there because a difference in the highest bit alone passes the first one as it is, whatever the rest.
u64 hash_of(const Blob& blob, std::string_view name) {
  constexpr u64 factor = 0x9e3779b97f4a7c15;
  constexpr u64 second_factor = 0xd6e8feb86659fd93;
  u64 hash = (name.size() + reinterpret_cast<std::uintptr_t>(&blob)) * factor;
  const auto mix = [&hash](u64 word) {
    hash = (hash ^ word) * factor;
    hash = (hash ^ hash >> 32) * second_factor;
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
  std::size_t at = hash_of(blob, name) & mask;
  while (slots[at] != 0 && blob.string(load_word(blob.record(slots[at]))) != name) {
    at = (at + 1) & mask;
  }
  return slots[at];
}

void build_index(const Blob& blob, Kind kind, NameIndex& index) {
  const u32 all = blob.own_count();
  const std::span kinds(blob.kinds.get(), all);
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
  std::size_t at = hash_of(blob, name) & mask;
  while (heads[at] != 0 && essential_name(blob.string(load_word(blob.record(heads[at])))) != name) {
    at = (at + 1) & mask;
  }
  return heads[at];
}

void build_index(const Blob& blob, EssentialIndex& index) {
  const u32 all = blob.own_count();
  index.heads.resize(std::bit_ceil(2 * std::size_t{all} + 1));
  index.next.resize(all);
  for (u32 i = all; i-- > 0;) {
    const u32 id = blob.first_id + i;
    const std::string_view name = essential_name(blob.string(load_word(blob.record(id))));
    if (!name.empty()) {
      u32& head = head_of(blob, index.heads, name);
      index.next[i] = head;
      head = id;
    }
  }
}

/// The types of these essential names become known, by a pass or, when there were many passes, by an index. Its lock is held.
void learn(const Blob& blob, KnownNames& known, std::map<std::string, std::vector<u32>, std::less<>> names) {
  if (known.passes == searches_before_index) {
    std::call_once(blob.essential.once, [&] { build_index(blob, blob.essential); });
    blob.essential.is_built.store(true, std::memory_order_release);
    known.ids.clear();
    return;
  }
  ++known.passes;
  find_names(blob, names);
  known.ids.merge(names);
}

std::vector<u32> chain_of(const Blob& blob, std::string_view name) {
  std::vector<u32> ids;
  EssentialIndex& index = blob.essential;
  for (u32 id = head_of(blob, index.heads, name); id != 0; id = index.next[id - blob.first_id]) {
    ids.push_back(id);
  }
  return ids;
}

/// The first type of this name and kind if passes have told already, 0 when they found none; nothing when they were not about this name.
std::optional<u32> told_before(const Blob& blob, std::string_view name, Kind kind) {
  KnownNames& known = blob.known_names;
  const std::scoped_lock held(known.lock);
  const auto found = known.ids.find(name);
  if (found == known.ids.end() || essential_name(name) != name) {
    return std::nullopt;  // a name with a flavour is no essential one, and no pass looks for it
  }
  for (const u32 id : found->second) {
    const std::byte* const record = blob.record(id);
    if (blob.kinds[id - blob.first_id] == static_cast<u8>(kind) && blob.string(load_word(record)) == name) {
      return id;
    }
  }
  return 0;
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
  const auto found = [](u32 id) { return id == 0 ? std::nullopt : std::optional(id); };
  NameIndex& index = blob_->indexes[static_cast<std::size_t>(kind)];
  if (!index.is_built.load(std::memory_order_acquire)) {
    if (const auto told = told_before(*blob_, name, kind)) {
      return found(*told);
    }
    if (index.searches.fetch_add(1, std::memory_order_relaxed) < searches_before_index) {
      return found(find_name(*blob_, name, kind));
    }
    std::call_once(index.once, [&] { build_index(*blob_, kind, index); });
    index.is_built.store(true, std::memory_order_release);
  }
  return found(slot_of(*blob_, index.slots, name));
}

std::vector<u32> Btf::essential(std::string_view name) const {
  if (name.empty()) {
    return {};
  }
  const Blob& blob = *blob_;
  if (!blob.essential.is_built.load(std::memory_order_acquire)) {
    KnownNames& known = blob.known_names;
    const std::scoped_lock held(known.lock);
    auto found = known.ids.find(name);
    if (found == known.ids.end()) {
      learn(blob, known, {{std::string(name), {}}});
      found = known.ids.find(name);
    }
    if (found != known.ids.end()) {
      return found->second;
    }
  }
  return chain_of(blob, name);
}

void Btf::want(std::span<const std::string_view> essential_names) const {
  if (blob_->essential.is_built.load(std::memory_order_acquire)) {
    return;
  }
  KnownNames& known = blob_->known_names;
  const std::scoped_lock held(known.lock);
  std::map<std::string, std::vector<u32>, std::less<>> unknown;
  for (const std::string_view name : essential_names) {
    if (!name.empty() && !known.ids.contains(name)) {
      unknown.try_emplace(std::string(name));
    }
  }
  if (!unknown.empty()) {
    learn(*blob_, known, std::move(unknown));
  }
}

}  // namespace skep::btf

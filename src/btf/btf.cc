#include "btf/btf.h"

#include <algorithm>

#include "btf/blob.h"

namespace skep::btf {

namespace {

constexpr btf_type void_record{};

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

}  // namespace

const std::byte* Blob::record(u32 id) const {
  const Blob* blob = this;
  while (id != 0 && id < blob->first_id) {
    blob = blob->base_blob;
  }
  if (id == 0) {
    return reinterpret_cast<const std::byte*>(&void_record);
  }
  return blob->types.data() + blob->offsets[id - blob->first_id];
}

u32 Blob::raw_kind(u32 id) const {
  return BTF_INFO_KIND(load_word(record(id) + 4));
}

std::string_view Blob::string(u32 offset) const {
  const Blob* blob = this;
  while (offset < blob->first_string) {
    blob = blob->base_blob;
  }
  offset -= blob->first_string;
  SKEP_ASSERT(offset < blob->strings.size());
  return blob->strings.data() + offset;  // the strings end with a NUL: checked when parsed
}

u32 Btf::type_count() const {
  return blob_->type_count();
}
u32 Btf::first_id() const {
  return blob_->first_id;
}
const std::shared_ptr<const Btf>& Btf::base() const {
  return blob_->base;
}
std::span<const std::byte> Btf::bytes() const {
  return blob_->bytes;
}
std::endian Btf::original_order() const {
  return blob_->original_order;
}

Type Btf::type(u32 id) const {
  SKEP_ASSERT(id < type_count());
  return {*blob_, blob_->record(id), id};
}

bool Btf::has_string(u32 offset) const {
  return offset < blob_->string_end();
}

std::string_view Btf::string(u32 offset) const {
  return blob_->string(offset);
}

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

u32 Btf::resolve(u32 id) const {
  for (u32 step = 0; step <= max_depth; ++step) {
    const Type view = type(id);
    if (!view.is_transparent()) {
      return id;
    }
    id = view.type_id();
  }
  return 0;
}

std::string describe(const Btf& btf, u32 id) {
  if (id == 0) {
    return "void";
  }
  const Type type = btf.type(id);
  const std::string kind =
      type.kind() == Kind::unknown ? cat("kind ", type.raw_kind()) : std::string(name_of(type.kind()));
  return type.name().empty() ? cat("type ", id, " (", kind, ")")
                             : cat("type ", id, " (", kind, " '", type.name(), "')");
}

}  // namespace skep::btf

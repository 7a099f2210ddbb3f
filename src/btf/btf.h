// BTF as one contiguous blob in host byte order with an index of where each type starts. Parsing is one pass that allocates two arrays; types are
// views into the blob (type.h), and nothing is built per type.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "btf/type.h"

namespace skep::btf {

/// How deep values and declarations nest at most; the kernel's own limit for types that contain types.
inline constexpr u32 max_depth = 32;

/// A parsed BTF blob, possibly split (its first types and strings are those of a base). A handle to immutable data: copies are cheap and
/// share it, and any of them may be used from any thread.
class Btf {
 public:
  /// Checks and indexes `raw`, a blob of either byte order, and keeps a copy of it in host byte order. `raw`'s own order does not matter: the magic tells.
  /// Every type id, string offset and element count is checked. A kind that is not known is stepped over when the blob's layout part
  /// tells its size. Errors: truncated, malformed, unsupported (an unknown kind without layout, a newer BTF version).
  static Result<Btf> parse(ByteView raw, std::shared_ptr<const Btf> base = nullptr);
  /// The same without a copy: `owner` keeps the bytes alive and unchanged (a mapped /sys/kernel/btf file). A blob of the other byte order is copied still.
  static Result<Btf> adopt(std::shared_ptr<const void> owner, ByteView raw,
                           std::shared_ptr<const Btf> base = nullptr);

  /// The same for bytes that the kernel made of its own types (a file of /sys/kernel/btf): but for the header they are not judged beforehand, and types are found as they are
  /// needed. Should a reference lead nowhere after all, it reads as void or as an empty name; types end before one that cannot be stepped over.
  static Result<Btf> trust(std::shared_ptr<const void> owner, ByteView raw,
                           std::shared_ptr<const Btf> base = nullptr);

  /// The same of bytes that are given away instead of copied.
  static Result<Btf> take(std::vector<std::byte>&& bytes, std::shared_ptr<const Btf> base = nullptr);

  /// One more than the highest id, void (id 0) and the base's types included.
  u32 type_count() const;
  /// The first id that is not the base's: 1 without a base.
  u32 first_id() const;
  const std::shared_ptr<const Btf>& base() const;

  /// The type with this id; void for one that does not exist.
  Type type(u32 id) const;
  Kind kind(u32 id) const { return type(id).kind(); }

  /// The lowest id of this kind and name, the base's first. The first few searches for a kind look at its types one by one; when more come, all of that kind are
  /// indexed, and a search takes constant time.
  std::optional<u32> find(std::string_view name, Kind kind) const;

  /// The ids of this blob's own types (not of its base's) whose name without its flavour (names.h) is `name`, ascending; of any kind.
  /// Nothing for a `name` that is empty or has a flavour itself.
  std::vector<u32> essential(std::string_view name) const;
  /// A hint that essential() or find() will be asked for these names: one pass over the types finds those of all of them. Without it, the first few questions cost such a pass
  /// each, and then every name is indexed.
  void want(std::span<const std::string_view> essential_names) const;

  /// True when a string starts at or spans `offset`.
  bool has_string(u32 offset) const;
  /// The string at `offset`; empty where there is none.
  std::string_view string(u32 offset) const;

  /// The blob as BPF_BTF_LOAD takes it, in host byte order; without the base.
  std::span<const std::byte> bytes() const;
  /// The byte order that the blob had when it was given to parse().
  std::endian original_order() const;

  /// Skips typedefs, qualifiers and type tags. Returns 0 (void) when more than max_depth of them follow one another, as in a loop.
  u32 resolve(u32 id) const;

  /// The size of a value of this type; pointers have 8 bytes, as BPF's do. Errors: invalid (void, a function, a forward declaration),
  /// malformed (a size that does not fit 64 bits, types nested deeper than max_depth).
  Result<u64> size_bytes(u32 id) const;
  /// The alignment that a C compiler gives this type; 1 for packed structs. Errors: as size_bytes.
  Result<u32> alignment(u32 id) const;

  /// For this layer's own files.
  const Blob& blob() const { return *blob_; }

 private:
  enum class Trust : u8 { nobody, kernel };
  explicit Btf(std::shared_ptr<const Blob> blob) : blob_(std::move(blob)) {}
  static Result<Btf> index(std::shared_ptr<Blob> blob, ByteView raw, std::shared_ptr<const Btf> base,
                           Trust trust);

  std::shared_ptr<const Blob> blob_;
};

/// "type 7 (STRUCT 'pair')", for messages.
std::string describe(const Btf& btf, u32 id);

}  // namespace skep::btf

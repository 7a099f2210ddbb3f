// A map in the kernel. Thread-safety: the kernel synchronises elements; a Map may be used from several threads as long as none destroys it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "skep/error.h"
#include "skep/fd.h"
#include "skep/types.h"
#include "skep/uapi/map_type.h"

namespace skep {

namespace kernel {
class Kernel;
}
namespace btf {
class Btf;
}
template <class Key, class Value>
class TypedMap;
template <class Key, class Value>
class PerCpuMap;

/// What BPF_MAP_UPDATE_ELEM may find at the key.
enum class Update : u8 {
  any,       ///< BPF_ANY: create or replace
  only_new,  ///< BPF_NOEXIST: fail with EEXIST when the key is there
  only_old,  ///< BPF_EXIST: fail with ENOENT when it is not
};

/// What a map is made of; the kernel's own account where the map was opened rather than created.
struct MapTraits {
  std::string name;
  bpf_map_type type{};
  u32 key_bytes = 0;
  u32 value_bytes = 0;  ///< per CPU for per-CPU maps
  u32 max_entries = 0;
  u32 flags = 0;      ///< as the kernel has them: less than the object's where it knows one of those not
  u32 cpu_count = 1;  ///< per-CPU maps: copies that each value has, one per possible CPU; other maps: 1
  u32 key_type_id =
      0;  ///< in `btf`, the object's own types, whether or not the kernel took them; 0 where unknown
  u32 value_type_id = 0;  ///< in `btf`; 0 where unknown
  std::shared_ptr<const btf::Btf> btf;
  std::shared_ptr<const std::vector<std::byte>>
      struct_ops_value;  ///< struct_ops without BPF_F_LINK: the value whose writing registers the table; null otherwise
  std::string
      struct_ops_lacks;  ///< struct_ops: a program of it that was not loaded, without which it cannot be attached; empty otherwise
};

/// True for the types whose values have one copy per possible CPU.
bool is_per_cpu(bpf_map_type type);

/// One element, copied out of a map.
struct MapEntry {
  std::vector<std::byte> key;
  std::vector<std::byte> value;  ///< for per-CPU maps: one value per possible CPU, each rounded up to 8 bytes
};

class Map;

/// A walk over a map's elements, some at a time. Borrows the Map, which must stay where it is. One thread at a time.
class MapCursor {
 public:
  explicit MapCursor(const Map& map);
  /// The next elements: `keys` and `values` are replaced by as many as came, one after another. False, and nothing in them: there are no more.
  /// After an error the walk is over. Errors: as Map::entries.
  Result<bool> next(std::vector<std::byte>& keys, std::vector<std::byte>& values);

 private:
  Result<bool> next_batch(std::vector<std::byte>& keys, std::vector<std::byte>& values);
  Result<bool> next_single(std::vector<std::byte>& keys, std::vector<std::byte>& values);

  enum class Way : u8 { untried, batch, single, finished };
  const Map* map_;
  Way way_ = Way::untried;
  u32 batch_ = 0;
  bool has_position_ = false;
  std::vector<std::byte> position_;  // batch: the kernel's cursor; single: the last key
  std::unordered_set<std::string>
      seen_;  // single: hashes that are changed meanwhile start again, and must not repeat themselves
};

/// A move-only handle; destroying it closes the descriptor (the map lives on while a program, a pin or another descriptor holds it).
class Map {
 public:
  Map(kernel::Kernel& kernel, Fd fd, MapTraits traits);
  /// Opens a map by its id. Errors: not_found, denied (CAP_SYS_ADMIN), kernel. Since Linux 4.13.
  static Result<Map> open_id(u32 id);
  /// Opens a map pinned in the BPF file system. Errors: not_found, denied, invalid (not a map). Since Linux 4.4.
  static Result<Map> open_pinned(const std::string& path);

  const MapTraits& traits() const { return traits_; }
  std::string_view name() const { return traits_.name; }
  const Fd& fd() const { return fd_; }
  /// Whose map it is: what asks more of it than this class does goes there.
  kernel::Kernel& kernel() const { return *kernel_; }
  bool is_per_cpu() const { return skep::is_per_cpu(traits_.type); }
  /// The bytes that one value takes in user space: value_bytes, or for per-CPU maps roundup(value_bytes, 8) * possible CPUs.
  std::size_t value_bytes_in_user_space() const;

  /// Copies the value at `key` into `value`; false when the key is not there.
  /// Errors: invalid (sizes), denied, kernel. Source: bpf(2) BPF_MAP_LOOKUP_ELEM.
  Result<bool> lookup(std::span<const std::byte> key, std::span<std::byte> value) const;
  /// Errors: invalid (sizes), kernel (EEXIST, ENOENT, E2BIG: full), denied (frozen). Source: bpf(2) BPF_MAP_UPDATE_ELEM.
  Result<void> update(std::span<const std::byte> key, std::span<const std::byte> value,
                      Update mode = Update::any);
  /// Removes the element; false when it was not there. Source: bpf(2) BPF_MAP_DELETE_ELEM.
  Result<bool> erase(std::span<const std::byte> key);
  /// Copies and removes in one step (queues, stacks, hashes since 5.14); false when there is none.
  Result<bool> lookup_and_erase(std::span<const std::byte> key, std::span<std::byte> value);
  /// The element at the front of a queue or the top of a stack, which stays there; false when it is empty. Since Linux 4.20.
  Result<bool> peek(std::span<std::byte> value) const;
  /// All elements, in the kernel's order: by BPF_MAP_LOOKUP_BATCH where the type has it (Linux 5.6), else key by key. An element that another
  /// thread removes meanwhile may be missing; none is returned twice. Errors: invalid (a map without keys), denied, kernel.
  Result<std::vector<MapEntry>> entries() const;
  /// The same in steps, for maps that are too large to copy at once: see MapCursor.
  MapCursor cursor() const;
  /// Keeps the map under `path` in the BPF file system. Errors: kernel (EEXIST; not bpffs), denied.
  Result<void> pin(const std::string& path) const;

  /// The map with C++ types. Errors: invalid, when a size differs or the map's BTF says that a field is elsewhere; the text says which.
  template <class Key, class Value>
  Result<TypedMap<Key, Value>> as();
  /// The same for per-CPU maps: each value is a PerCpuValues, with one copy per possible CPU, by index; where sizeof(Value) is a multiple of 8 also as a
  /// std::span<const Value>.
  template <class Key, class Value>
  Result<PerCpuMap<Key, Value>> as_per_cpu();

 private:
  friend class MapCursor;
  Result<void> check_sizes(std::size_t key_bytes, std::size_t value_bytes) const;

  kernel::Kernel* kernel_;
  Fd fd_;
  MapTraits traits_;
};

}  // namespace skep

#include "skep/typed_map.h"  // IWYU pragma: export

// Elements of maps: read with a bound, shown by their C types.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/output.h"
#include "skep/map.h"

namespace skep::btf {
class Btf;
}

namespace skep::cli {

/// A map to read, however it was come by. Borrows.
struct MapView {
  int fd = -1;
  bpf_map_type type{};
  u32 key_bytes = 0;
  u32 value_bytes = 0;
  u32 max_entries = 0;
  const btf::Btf* btf = nullptr;
  u32 key_type_id = 0;
  u32 value_type_id = 0;
  u32 cpus = 1;  ///< copies of each value: the possible processors for per-CPU maps, else 1

  /// From one copy of a value to the next.
  std::size_t stride() const {
    return cpus == 1 && !per_cpu() ? value_bytes : (std::size_t{value_bytes} + 7) / 8 * 8;
  }
  std::size_t buffer_bytes() const { return per_cpu() ? stride() * cpus : value_bytes; }
  bool per_cpu() const { return is_per_cpu(type); }
  /// False for ring buffers, queues and other maps that cannot be walked key by key.
  bool has_elements() const;
  bool is_array() const { return type == BPF_MAP_TYPE_ARRAY || type == BPF_MAP_TYPE_PERCPU_ARRAY; }
};

/// The map as its handle describes it.
MapView view_of(const Map& map);

struct Element {
  std::vector<std::byte> key;
  std::vector<std::byte> value;  ///< all copies
};

/// Which elements to keep.
struct Wanted {
  u32 limit = 1000;    ///< at most so many; 0: all
  bool zeroes = true;  ///< false: arrays leave out elements that are all zero
};

struct Elements {
  std::vector<Element> shown;
  u64 left_out = 0;            ///< beyond the limit
  bool left_out_more = false;  ///< and there are more still: counting stops somewhere
  u64 zeroes = 0;              ///< left out because they are zero
};

/// The map's elements, `view` being its own. Errors: denied, kernel, unsupported (not has_elements()).
Result<Elements> read_elements(const Map& map, const MapView& view, const Wanted& wanted);

/// "[7] = {.packets = 3}"
std::string element_text(const MapView& map, const Element& element);
/// A value alone; the copies of a per-CPU map as "cpu0 3, cpu1 4".
std::string element_value_text(const MapView& map, std::span<const std::byte> value);
/// {"key": 7, "value": {...}}, or "values" with one per processor.
Json element_json(const MapView& map, const Element& element);
/// "12 more elements are not shown" and the like; empty when all are.
std::string remainder_text(const Elements& elements);

/// A key or value from the command line: by its C type, or as "hex:0a0b", or, without BTF, as a number of 1, 2, 4 or 8 bytes. Exactly `bytes` long.
/// Errors: invalid.
Result<std::vector<std::byte>> parse_bytes(const btf::Btf* btf, u32 type_id, u32 bytes,
                                           std::string_view text);

}  // namespace skep::cli

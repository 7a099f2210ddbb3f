// Structs in a map's value that the kernel gives a meaning: timers, locks, lists. Private to this layer.
#pragma once

#include <array>
#include <vector>

#include "skep/needs.h"

namespace skep::needs {

struct MapFieldRow {
  std::string_view name;  ///< of the struct, or "__" and a type tag
  Release since;
};

/// The special fields of a map's value, each once. The look is bounded: deeper than 32 types nothing is found.
std::vector<MapFieldRow> special_fields(const btf::Btf& types, u32 value_type_id);

}  // namespace skep::needs

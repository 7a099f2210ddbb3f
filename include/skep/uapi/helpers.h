// Helpers: the kernel's fixed set of functions that programs call by number. Complete to Linux 7.3; the set is closed since 6.2, what came
// later are kernel functions called by BTF id (BPF_PSEUDO_KFUNC_CALL). Names, numbers, signatures and first kernels are in helper_table.h.
#pragma once

#include <optional>
#include <string_view>

#include "skep/types.h"
#include "skep/uapi/helper_table.h"

namespace skep {

/// The row of helper `id`, or null when no kernel we know has it.
constexpr const HelperRow* find_helper(u32 id) {
  return id < helper_table.size() && id != 0 ? &helper_table[id] : nullptr;
}

/// The row of the helper called `name`, with or without "bpf_" in front, or null.
constexpr const HelperRow* find_helper(std::string_view name) {
  if (name.starts_with("bpf_")) {
    name.remove_prefix(4);
  }
  for (const HelperRow& row : helper_table) {
    if (row.name == name && row.id != BPF_FUNC_unspec) {
      return &row;
    }
  }
  return nullptr;
}

/// The short name of helper `id` ("map_lookup_elem"), or an empty text for what is newer than this table.
constexpr std::string_view name_of(bpf_func_id id) {
  const HelperRow* row = find_helper(static_cast<u32>(id));
  return row == nullptr ? std::string_view{} : row->name;
}

}  // namespace skep

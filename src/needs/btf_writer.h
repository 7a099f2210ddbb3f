// A part of a BTF written as a BTF of its own: chosen types, with chosen members, under new ids in the old order. Private to this layer.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "btf/btf.h"

namespace skep::needs {

/// What to keep. Borrows the Btf.
class KeptTypes {
 public:
  explicit KeptTypes(const btf::Btf& types) : types_(types) {}

  /// Keeps the type `id`; of structs, enums and parameter lists the elements kept by keep_element() alone.
  void keep(u32 id) { elements_.try_emplace(id); }
  /// Keeps a member, enumerator or parameter of the type, and the type.
  void keep_element(u32 id, u32 index);

  /// The blob, in host byte order. What a kept type refers to becomes void unless it is kept too.
  std::vector<std::byte> write() const;

 private:
  class Writer;
  const btf::Btf& types_;
  std::map<u32, std::vector<u32>> elements_;  // by type id, ascending
};

}  // namespace skep::needs

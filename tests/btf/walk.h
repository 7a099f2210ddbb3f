// Calls everything that can be asked of a BTF, for tests and fuzz targets that feed it changed bytes: whatever parse() accepts must answer without
// crashing and in bounded time.
#pragma once

#include <algorithm>
#include <vector>

#include "btf/declare.h"
#include "btf/names.h"
#include "btf/value.h"
#include "btf/value_parse.h"

namespace skep::btf::test {

inline void walk_elements(const Type& type) {
  switch (type.kind()) {
    case Kind::int_: (void)(type.int_bits() + type.int_offset_bits() + type.int_encoding()); break;
    case Kind::array: (void)type.array(); break;
    case Kind::var:
    case Kind::func: (void)type.linkage(); break;
    case Kind::decl_tag: (void)type.component_index(); break;
    default: break;
  }
  for (u32 i = 0; i < type.vlen(); ++i) {
    switch (type.kind()) {
      case Kind::struct_:
      case Kind::union_: (void)type.member(i).name.size(); break;
      case Kind::enum_:
      case Kind::enum64: (void)type.enumerator(i).name.size(); break;
      case Kind::func_proto: (void)type.parameter(i).name.size(); break;
      case Kind::datasec: (void)type.section_variable(i); break;
      default: return;
    }
  }
}

/// Visits up to `most` types. Returns how many characters of text came out, so that nothing is optimised away.
inline std::size_t walk(const Btf& btf, u32 most = 2000) {
  std::size_t written = 0;
  std::vector<std::byte> bytes(256, std::byte{0x41});
  for (u32 id = 0; id < btf.type_count() && id < most; ++id) {
    const Type type = btf.type(id);
    walk_elements(type);
    written += type.name().size() + declaration(btf, id, "x").size() + definition(btf, id).size();
    SKEP_ASSERT(btf.resolve(id) < btf.type_count());
    SKEP_ASSERT(type.kind() == Kind::unknown || type.name().empty() ||
                btf.find(type.name(), type.kind()).value_or(id) <= id);
    if (const auto ids = btf.essential(essential_name(type.name()));
        id >= btf.first_id() && !type.name().empty()) {
      SKEP_ASSERT(std::ranges::binary_search(ids, id));
    }
    (void)btf.alignment(id);
    if (const auto size = btf.size_bytes(id); size && *size <= bytes.size()) {
      const auto text = format(btf, id, std::span(bytes).first(*size));
      if (text) {
        written += text->size();
        std::vector<std::byte> back(*size);
        (void)parse_into(btf, id, *text, back);
      }
    }
    (void)resolve_path(btf, id, ".a[1].b");
  }
  return written;
}

}  // namespace skep::btf::test

// One field of bpf(2)'s attributes as data: where it is, how to print it, what it means. The rows are generated from the notes in
// include/skep/uapi/attr_*.h by tools/gen_attr_fields, so the header that is read and the table that is printed cannot part.
#pragma once

#include <span>

#include "skep/uapi/attach_type.h"
#include "skep/uapi/attr.h"

namespace skep::kernel {

/// How a field is printed.
enum class FieldFormat : u8 {
  number,
  signed_number,
  hex,
  bytes,  ///< a length in bytes
  nanoseconds,
  id,  ///< of a program, map, BTF, link or BTF type
  descriptor,
  descriptor_or_none,  ///< 0 means none
  pointer,
  string,       ///< a pointer to text that ends with NUL
  name,         ///< text in the attributes themselves
  data,         ///< bytes in the attributes themselves
  flags,        ///< the names are in the flag group `table`
  enumeration,  ///< the names are in the name table `table`
  reserved,     ///< must be 0
};

/// Who writes a field.
enum class FieldDirection : u8 { in, out, inout };

/// One field in one command.
struct Field {
  std::string_view
      name;        ///< as the kernel spells it; inner arms of BPF_LINK_CREATE in front: "kprobe_multi.cnt"
  u16 offset = 0;  ///< in bytes from the start of the attributes
  u16 bytes = 0;
  FieldFormat format{};
  FieldDirection direction{};
  std::string_view table;  ///< for flags and enumerations
  std::string_view since;  ///< the first Linux release that has it
  /// The attach types that this field is for; empty: all. Where fields share bytes, one that lists the attach type goes before one without a list.
  std::span<const bpf_attach_type> attach_types;
  std::string_view meaning;
};

/// The fields that `cmd` reads and writes, in order of offset; empty for an unknown command.
std::span<const Field> fields_of(bpf_cmd cmd);

/// The fields of bpf_common_attr, for the five-argument form.
std::span<const Field> common_fields();

}  // namespace skep::kernel

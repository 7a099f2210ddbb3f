// What reading an object has gathered so far. Each step of reading is one function over the draft; read.cc is their order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"
#include "btf/btf.h"
#include "btf/edit.h"
#include "btf/ext.h"
#include "elf/file.h"
#include "skep/object_spec.h"

namespace skep::object {

inline constexpr u32 no_index = ~u32{0};

/// A run of consecutive entries of ObjectSpec::functions.
struct FunctionRange {
  u32 first = 0;
  u32 count = 0;
};

struct Draft {
  const elf::File& file;
  ObjectSpec& spec;
  std::optional<btf::ExtInfo> ext;

  std::vector<FunctionRange> functions_of;  // by section index; each range is sorted by offset
  std::vector<u32> data_map_of;         // by section index; `no_index` where the section is no data section
  std::unordered_map<u64, u32> map_at;  // by place(): the declared maps
  std::unordered_map<std::string_view, u32> extern_called;
  std::unordered_map<u64, u32> jump_table_at;  // by place() of its start: index into ObjectSpec::jump_tables

  static u64 place(u32 section, u64 offset) { return u64{section} << 48 ^ offset; }

  const elf::Section& section(u32 index) const { return file.sections()[index]; }
  std::string_view section_name(u32 index) const {
    return index < file.sections().size() ? section(index).name : std::string_view("(no section)");
  }
  /// The function that begins at `offset` of a section, or `no_index`.
  u32 function_at(u32 section_index, u64 offset) const;
  /// The DATASEC called `name`, or 0.
  u32 datasec(std::string_view name) const;
};

bool is_code(const elf::Section& section);
/// The kernel's name of a data section's map.
std::string data_map_name(std::string_view object_name, std::string_view section);
/// .data, .rodata, .bss and their dotted variants.
DataSection data_section_kind(std::string_view name);

// The steps, in the order in which they need each other.
Result<void> read_types(Draft& draft);
/// Part of read_types(): finds the externs in `raw`, and makes `editor` declare them as the kernel takes them.
struct ExternSections {
  u32 kconfig = 0;  ///< the DATASEC .kconfig, or 0
  u32 ksyms = 0;    ///< the DATASEC .ksyms, or 0
};
Result<void> read_externs(Draft& draft, const btf::Btf& raw, const ExternSections& sections,
                          btf::BtfEditor& editor);
Result<void> read_functions(Draft& draft);
Result<void> read_programs(Draft& draft);
Result<void> read_btf_maps(Draft& draft);
Result<void> read_legacy_maps(Draft& draft);
Result<void> read_data(Draft& draft);
Result<void> read_arena_data(Draft& draft);
Result<void> read_kconfig(Draft& draft);
/// The variables of .struct_ops and .struct_ops.link; and, later, which programs are in them.
Result<void> read_struct_ops(Draft& draft);
Result<void> read_struct_ops_members(Draft& draft);
Result<void> read_jump_tables(Draft& draft);
/// Which functions programs name as their exception callbacks.
Result<void> read_exception_callbacks(Draft& draft);
Result<void> read_relocations(Draft& draft);
Result<void> read_map_slots(Draft& draft);

}  // namespace skep::object

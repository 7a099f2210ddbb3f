// What a BPF object file says, before any kernel is asked: programs, maps, variables, externs, types. A spec is plain data: read it, edit
// it, then hand it to Object::load(). Reading is deterministic, needs no rights and gives the same answer on every machine.
// Thread-safety: plain values; distinct specs may be used from distinct threads.
#pragma once

#include <bit>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "skep/data_region.h"
#include "skep/error.h"
#include "skep/types.h"
#include "skep/uapi/attach_type.h"
#include "skep/uapi/btf.h"
#include "skep/uapi/insn.h"
#include "skep/uapi/map_type.h"
#include "skep/uapi/prog_type.h"

namespace skep {

namespace btf {
class Btf;
}

/// How a map came to be in the object.
enum class MapStyle : u8 {
  btf,         ///< `SEC(".maps")`: the attributes are encoded in the BTF type of a variable
  legacy,      ///< `struct bpf_map_def SEC("maps")`, or iproute2's longer `struct bpf_elf_map`
  data,        ///< a data section (.data, .rodata, .bss, .kconfig): one array element that holds the section
  struct_ops,  ///< a variable of `SEC(".struct_ops")` or `SEC(".struct_ops.link")`: a table of programs that the kernel calls
};

/// Where a map is kept in the BPF file system.
enum class Pinning : u8 {
  none,     ///< it lives as long as somebody holds its descriptor
  by_name,  ///< at <pin root>/<name>; loading reuses what is pinned there when it is compatible
};

/// Which kind of data section a `MapStyle::data` map holds.
enum class DataSection : u8 {
  none,
  data,
  rodata,
  bss,
  kconfig,  ///< .kconfig: the kernel's configuration, filled in by loading and read-only from then on
};

/// Whether the section is frozen before programs run.
constexpr bool is_constant(DataSection section) {
  return section == DataSection::rodata || section == DataSection::kconfig;
}

/// One initial element of a map-in-map or a prog array, as the object's initialiser gives it.
struct SlotSpec {
  enum class Target : u8 { map, program };
  u32 index = 0;  ///< the key: array index
  Target target{};
  u32 target_index = 0;  ///< index into ObjectSpec::maps or ObjectSpec::programs
};

/// A member of a struct_ops variable that a program fills.
struct MemberSpec {
  u32 offset = 0;   ///< bytes, in the object's own layout of the variable
  u32 program = 0;  ///< index into ObjectSpec::programs
};

/// A map as the object declares it. All fields may be changed before loading.
struct MapSpec {
  std::string name;     ///< as in the source; the kernel keeps the first 15 bytes
  std::string section;  ///< ".maps", "maps", ".rodata", ...
  MapStyle style{};
  DataSection data_section{};
  bpf_map_type type{};
  u32 key_bytes = 0;
  u32 value_bytes = 0;  ///< per CPU for per-CPU maps
  u32 max_entries = 0;  ///< for a ring buffer: its size in bytes
  u32 flags = 0;        ///< BPF_F_*
  std::optional<u32>
      numa_node;  ///< where the memory comes from; the kernel looks at it only with BPF_F_NUMA_NODE in `flags`
  u64 map_extra = 0;  ///< per type: bloom filter hash count, arena address
  u32 ifindex = 0;    ///< for maps offloaded to a device
  Pinning pinning{};
  std::string pin_path;      ///< overrides <pin root>/<name> when not empty
  u32 key_type_id = 0;       ///< BTF type of the key; 0 where unknown
  u32 value_type_id = 0;     ///< BTF type of the value (for data maps: the DATASEC); 0 where unknown
  u32 variable_type_id = 0;  ///< BTF type of the declaring variable; 0 for legacy and data maps without BTF
  std::unique_ptr<MapSpec> inner;   ///< for *_of_maps: what an inner map looks like; null otherwise
  std::vector<SlotSpec> slots;      ///< initial elements of *_of_maps and prog arrays
  std::vector<MemberSpec> members;  ///< struct_ops: which program is which member, by ascending offset
  std::string
      exclusive_program;  ///< the name of the only program that may use the map (Linux 6.18); empty: any may
  DataRegion
      contents;  ///< data maps: the initial bytes of the section; struct_ops: of the variable, zero where programs go; arena: of the
                 ///< variables in it (.addr_space.1); empty otherwise
  bool autocreate = true;  ///< false: the map is not created, and programs that need it cannot load
  u64 section_offset = 0;  ///< where the declaring symbol lies in its section
};

/// What a relocation asks for. The instruction keeps a symbolic slot until descriptors exist.
enum class RelocationKind : u8 {
  map_fd,              ///< ld_imm64 of a map: becomes BPF_PSEUDO_MAP_FD
  map_value,           ///< ld_imm64 of an address in a data map: becomes BPF_PSEUDO_MAP_VALUE with `offset`
  subprogram_call,     ///< call of a function of this object: becomes BPF_PSEUDO_CALL
  subprogram_address,  ///< ld_imm64 of a function of this object: becomes BPF_PSEUDO_FUNC
  extern_variable,     ///< ld_imm64 of an extern (kconfig or ksym)
  extern_function,     ///< call of an extern function (kfunc)
  extern_function_address,  ///< ld_imm64 of an extern function: `bpf_ksym_exists(f)`
  jump_table,               ///< ld_imm64 of a jump table, for an indirect jump: becomes BPF_PSEUDO_MAP_VALUE
};

/// One ELF relocation, resolved to what it names.
struct Relocation {
  u32 insn_index = 0;  ///< within the function's own `insns`
  RelocationKind kind{};
  u32 target =
      0;  ///< index into maps (map_*), functions (subprogram_*), externs (extern_*) or jump_tables of the ObjectSpec
  u32 offset = 0;  ///< map_value: byte offset within the section's value; jump_table: within the table
};

/// One CO-RE relocation record, its instruction index relative to the function.
struct CoreRelocation {
  u32 insn_index = 0;
  u32 type_id = 0;               ///< local BTF type
  u32 access_string_offset = 0;  ///< "0:1:2", in the object's BTF strings
  u32 kind = 0;                  ///< bpf_core_relo_kind
};

/// A function of the object: the code that lies in one section from its symbol on, with everything that points into it.
struct FunctionSpec {
  std::string name;
  std::string section;
  u64 section_offset = 0;                        ///< bytes
  std::vector<bpf_insn> insns;                   ///< host form, before relocation
  std::vector<Relocation> relocations;           ///< by ascending insn_index
  std::vector<CoreRelocation> core_relocations;  ///< by ascending insn_index
  std::vector<bpf_func_info> func_info;          ///< insn_off in instructions, relative to the function
  std::vector<bpf_line_info> line_info;          ///< insn_off in instructions, relative to the function
  u32 type_id = 0;                               ///< BTF FUNC; 0 where unknown
  bool is_global = false;                        ///< STB_GLOBAL or STB_WEAK, and visible
  bool is_weak = false;
};

/// A jump table of section .jumptables: where an indirect jump may lead. Each program that uses it gets an INSN_ARRAY map of it (Linux 6.19).
struct JumpTableSpec {
  std::string name;
  std::vector<u64> targets;  ///< byte offsets in the section of the code that uses the table
};

/// The loaded program of which a function is replaced. One of the three is set.
struct TargetProgram {
  int fd = -1;      ///< its descriptor, which must stay open until loading is done
  u32 id = 0;       ///< or its id
  std::string pin;  ///< or where it is pinned
  bool is_set() const { return fd >= 0 || id != 0 || !pin.empty(); }
};

/// An entry program: a function that the kernel runs at some hook.
struct ProgramSpec {
  std::string name;
  std::string section;   ///< as in the object, without a leading '?'
  u32 function = 0;      ///< index into ObjectSpec::functions of its code
  bpf_prog_type type{};  ///< BPF_PROG_TYPE_UNSPEC when the section name says nothing
  bpf_attach_type expected_attach_type{};
  bool expected_attach_type_is_optional =
      false;              ///< kernels before 4.17 know no such field; the program runs without
  u32 flags = 0;          ///< BPF_F_SLEEPABLE, BPF_F_XDP_HAS_FRAGS, ...
  bool autoload = true;   ///< false for sections that begin with '?'
  bool optional = false;  ///< true: when this kernel refuses to load or attach it, the object does without
  bool needs_attach_target =
      false;  ///< attaches to a kernel function or hook by BTF id (fentry, lsm, iter, ...)
  std::string
      attach_target;  ///< what follows the section's prefix: "sched/sched_switch", "tcp_connect"; may be empty
  TargetProgram
      replaces;  ///< freplace: the program whose function `attach_target` this one takes the place of
  std::optional<u32>
      exception_callback;  ///< index into ObjectSpec::functions of what runs after bpf_throw() (Linux 6.7)
};

/// A global or static variable of a data section.
struct VariableSpec {
  std::string name;
  std::string section;
  u32 map = 0;     ///< index into ObjectSpec::maps
  u32 offset = 0;  ///< bytes, in the section
  u32 size_bytes = 0;
  u32 type_id = 0;  ///< BTF type of the variable's value; 0 where unknown
  bool is_static = false;
};

/// A symbol that the object uses and does not define: the kernel at hand gives it.
struct ExternSpec {
  enum class Kind : u8 {
    kconfig,        ///< `__kconfig`: a value of the kernel's configuration, which the map .kconfig holds
    ksym_variable,  ///< `__ksym` variable: an address in the kernel
    ksym_function,  ///< `__ksym` function: a kfunc
  };
  std::string name;  ///< with its flavour, if any: "bpf_task_acquire___new"
  Kind kind{};
  bool is_weak = false;  ///< may be absent: a value or an address is 0 then
  u32 type_id = 0;       ///< BTF type (of the value, or FUNC_PROTO); 0 for typeless ksyms
  u32 map = 0;           ///< kconfig: index into ObjectSpec::maps of .kconfig
  u32 offset = 0;        ///< kconfig: bytes, in the section
  u32 size_bytes = 0;    ///< kconfig: of the value
};

/// The programs, maps, variables and types of one BPF object file.
class ObjectSpec {
 public:
  /// Reads a file. Errors: not_found, denied, invalid (directory, empty), truncated, malformed, unsupported; the message names `path`.
  static Result<ObjectSpec> read_file(const std::string& path);
  /// Reads an object from memory; the bytes need not outlive the call. `name` stands in messages and in the names of data maps.
  static Result<ObjectSpec> read(std::span<const std::byte> bytes, std::string_view name);

  std::string name;        ///< the file's name up to its first '.', at most 15 bytes
  std::string path;        ///< what was read; empty for memory
  std::string license;     ///< of the `license` section; empty when there is none
  u32 kernel_version = 0;  ///< of the `version` section; only kernels before 5.0 look at it
  std::endian byte_order = std::endian::native;
  std::vector<FunctionSpec> functions;
  std::vector<ProgramSpec> programs;
  std::vector<MapSpec> maps;
  std::vector<VariableSpec> variables;
  std::vector<JumpTableSpec> jump_tables;
  std::vector<ExternSpec> externs;  ///< kconfig first, as they lie in .kconfig; then the others by name
  std::shared_ptr<const btf::Btf>
      btf;  ///< null when the object has none; offsets in sections are filled in, and externs declared as the kernel takes them
  std::vector<std::vector<std::string>>
      alternatives;  ///< programs by name, best first: of each list the first that the kernel can load and attach is used; see prefer()
  std::vector<std::string> oddities;  ///< what is legal and probably not meant, one sentence each
  std::vector<std::string>
      unsupported;  ///< what the object needs and this skep cannot do yet; loading refuses with these words

  /// Null when there is no such thing.
  MapSpec* find_map(std::string_view map_name);
  const MapSpec* find_map(std::string_view map_name) const;
  ProgramSpec* find_program(std::string_view program_name);
  const ProgramSpec* find_program(std::string_view program_name) const;
  /// The first variable of this name; ".data/cnt" is `cnt` of that section.
  const VariableSpec* find_variable(std::string_view variable_name) const;
  const FunctionSpec& code_of(const ProgramSpec& program) const { return functions[program.function]; }

  /// Declares alternatives: of these programs, the first that this kernel can load and attach is used, and only when it can do none is that an error. Maps that only
  /// alternatives use may be absent too, so that one program has a ring buffer and the next does without. Their autoload is switched on. Errors: not_found (no such
  /// program, with the nearest names), invalid (fewer than two, or one that is in another list).
  Result<void> prefer(std::vector<std::string> program_names);

  /// The initial bytes of a variable, to read or to change. Errors: not_found (with the nearest names), invalid (several are called so; they are named).
  Result<std::span<std::byte>> variable_bytes(std::string_view variable_name);

  /// Sets a variable from a C++ value of exactly its size. Errors: not_found, invalid (the sizes differ).
  template <class T>
    requires std::is_trivially_copyable_v<T>
  Result<void> set(std::string_view variable_name, const T& value) {
    return set_bytes(variable_name, std::as_bytes(std::span(&value, 1)));
  }
  /// Sets a variable from text, by its C type: `set_text("limits.rate[2]", "0x10")`, enums by name, "\"quoted\"" strings,
  /// `{1, .x = 2}` aggregates. A member of a struct_ops variable that is a function takes a program's name, or "0" for none: "ops.init". Errors: not_found (variable or member, with the nearest names), invalid (the text does not fit the type).
  Result<void> set_text(std::string_view variable_path, std::string_view text);
  Result<void> set_bytes(std::string_view variable_name, std::span<const std::byte> bytes);
};

}  // namespace skep

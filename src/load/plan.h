// What loading an object will ask of the kernel, worked out before any kernel is asked: maps in the order of their creation, programs whose code is complete but for
// descriptors. Planning is pure: it reads the spec and facts about the machine, and gives the same plan for the same two.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/facts.h"
#include "load/plan_core.h"
#include "skep/object_spec.h"

namespace skep::load {

/// What BPF_MAP_CREATE is asked, descriptors aside.
struct MapCreation {
  std::string name;  ///< as the kernel takes it: at most 15 letters, digits, '_' or '.'
  bpf_map_type type{};
  u32 key_bytes = 0;
  u32 value_bytes = 0;
  u32 max_entries = 0;
  u32 flags = 0;
  u32 numa_node = 0;
  u32 ifindex = 0;
  u64 map_extra = 0;
  u32 key_type_id = 0;  ///< with value_type_id: 0 where the map's type takes no BTF
  u32 value_type_id = 0;
  u32 kernel_value_type_id = 0;          ///< struct_ops: in the kernel's own BTF, or
  std::optional<u32> value_type_module;  ///< in this module's: index into LoadPlan::modules

  bool has_types() const { return key_type_id != 0 || value_type_id != 0; }
};

/// One map to create, or to find where it is pinned.
struct MapPlan {
  u32 map = 0;  ///< index into ObjectSpec::maps
  MapCreation creation;
  std::optional<MapCreation> inner;  ///< map-in-map: a template, created just before and closed right after
  std::string pin_path;              ///< empty: not pinned
  u32 data_offset = 0;               ///< arena: where in it the variables of .addr_space.1 are
};

/// A member of a struct_ops value that takes a program's descriptor.
struct StructOpsSlot {
  u32 offset = 0;   ///< bytes, in the kernel's value
  u32 program = 0;  ///< index into ObjectSpec::programs
  u32 member = 0;   ///< index into the members of the kernel's struct
};

/// What is written into a struct_ops map, in this kernel's layout.
struct StructOpsPlan {
  u32 map = 0;      ///< index into ObjectSpec::maps
  u32 type_id = 0;  ///< of the kernel's struct, which its programs attach to
  std::optional<u32>
      module;  ///< whose BTF that is in: index into LoadPlan::modules; the kernel proper's otherwise
  std::vector<std::byte> value;  ///< zero where programs go
  std::vector<StructOpsSlot> slots;
};

/// An ld_imm64 that waits for a descriptor. Until then its imm is what the compiler left there.
struct MapSlot {
  enum class Kind : u8 {
    fd,     ///< becomes BPF_PSEUDO_MAP_FD, imm = descriptor
    value,  ///< becomes BPF_PSEUDO_MAP_VALUE, imm = descriptor, the second imm = offset
  };
  u32 insn = 0;  ///< index of its first half
  u32 map = 0;   ///< index into ObjectSpec::maps
  Kind kind{};
  u32 offset = 0;
};

/// An instruction that names an extern. It is rewritten when all programs are assembled, so that all externs are looked up together.
struct ExternSlot {
  u32 insn = 0;    ///< index of its first half, or of the call
  u32 target = 0;  ///< index into ObjectSpec::externs
  RelocationKind kind{};
};

/// An ld_imm64 with BPF_PSEUDO_BTF_ID whose second half waits for the descriptor of a module's BTF.
struct ModuleSlot {
  u32 insn = 0;    ///< index of its first half
  u32 module = 0;  ///< index into LoadPlan::modules
};

/// An ld_imm64 that takes a jump table: it becomes BPF_PSEUDO_MAP_VALUE of a map that is made for this program alone.
struct JumpTableSlot {
  u32 insn = 0;   ///< index of its first half
  u32 table = 0;  ///< index into ProgramPlan::jump_tables
  u32 offset = 0;
};

/// A jump table of one program.
struct JumpTablePlan {
  u32 function = 0;          ///< index into ObjectSpec::functions: whose code jumps by it
  u32 table = 0;             ///< index into ObjectSpec::jump_tables
  std::vector<u32> targets;  ///< instructions of the program
};

/// A function's copy within a program.
struct Piece {
  u32 function = 0;    ///< index into ObjectSpec::functions
  u32 first_insn = 0;  ///< where the copy begins
  u32 insn_count = 0;
};

/// Where an instruction of a program comes from.
struct Origin {
  u32 function = 0;  ///< index into ObjectSpec::functions
  u32 insn = 0;      ///< within that function
  std::optional<u32>
      relocation;  ///< index into FunctionSpec::relocations of what rewrites it (either half of an ld_imm64)
};

/// Why an instruction is a call that the verifier refuses where it is reached: what it was for cannot be had.
struct Cause {
  u32 insn = 0;      ///< in ProgramPlan::insns
  std::string text;  ///< "map 'hits' is not created (autocreate is off)"
};

/// Takes the place of an ld_imm64 of a map that is not created: calls of this number + the map's index, in both halves. No kernel has such a helper; libbpf writes the same.
inline constexpr s32 poisoned_map_call = 2001000000;

/// One program to load: its own code, then each function that it reaches, once, in the order in which following calls depth-first meets them.
struct ProgramPlan {
  u32 program = 0;  ///< index into ObjectSpec::programs
  std::vector<bpf_insn> insns;
  std::vector<MapSlot> map_slots;        ///< by ascending insn
  std::vector<ExternSlot> extern_slots;  ///< by ascending insn
  std::vector<ModuleSlot> module_slots;  ///< by ascending insn
  std::vector<JumpTableSlot> jump_slots;
  std::vector<JumpTablePlan> jump_tables;
  std::vector<Piece> pieces;             ///< by ascending first_insn
  std::vector<bpf_func_info> func_info;  ///< empty: the program's types are not given to the kernel
  std::vector<bpf_line_info> line_info;
  // As the kernel takes them, which may be less than the spec says.
  bool has_name = true;
  bpf_attach_type expected_attach_type{};
  u32 flags = 0;
  std::vector<Cause>
      causes;  ///< by ascending insn; of poisoned CO-RE relocations the text is made by cause() when asked for
  std::shared_ptr<const CoreCode> core;  ///< the plan's, shared by its programs
  u32 attach_btf_id = 0;                 ///< in the kernel's own BTF, or
  std::optional<u32> attach_module;      ///< in this module's: index into LoadPlan::modules
  std::optional<Error> error;            ///< it cannot be loaded, and why

  /// Why `insn` < insns.size() is a call that must not be reached; empty when it is not.
  std::string cause(const ObjectSpec& spec, u32 insn) const;

  /// `insn` < insns.size().
  Origin origin(const ObjectSpec& spec, u32 insn) const;
};

struct LoadPlan {
  std::shared_ptr<const btf::Btf>
      types;  ///< the object's BTF as the kernel takes it, ids as in the object's own; null: none is given to it
  bool raise_memlock = false;  ///< maps and programs count against RLIMIT_MEMLOCK
  std::vector<MapPlan> maps;
  std::vector<StructOpsPlan> struct_ops;  ///< of the maps of that type
  std::vector<ProgramPlan> programs;      ///< those with autoload, in the order of ObjectSpec::programs
  std::vector<std::string>
      modules;  ///< whose BTF programs refer to; call instructions name the n-th by n + 1 (0 is the kernel proper)
  std::vector<std::byte> kconfig;  ///< what the map .kconfig holds; empty where there is none
  std::vector<std::string> notes;  ///< what is done otherwise than the object says, one sentence each
};

/// The most instructions that one object's programs may have together, each with its copies of what it calls: a bound on memory, far above real objects.
inline constexpr u64 max_planned_insns = u64{64} << 20;

/// What a call of kernel function number n (index into ObjectSpec::externs) becomes where the kernel has no such function: a call of helper number
/// `missing_function_call` + n, which no kernel has.
inline constexpr u32 missing_function_call = 2002000000;

/// Plans the loading of `spec`. A program that cannot be loaded has its `error`; errors of the whole are: unsupported (foreign byte order), invalid (a map or slot that
/// makes no sense), and what `facts` could not tell.
Result<LoadPlan> plan(const ObjectSpec& spec, const host::Facts& facts, const std::string& pin_root);

/// The smallest page * 2^n that is not below `bytes`; 0 stays 0 and what has no such size stays as it is (the kernel then refuses it).
u32 ring_buffer_bytes(u32 bytes, u32 page_bytes);

/// A name as the kernel takes it: other characters become '_', and it is cut to 15 bytes.
std::string kernel_name(std::string_view name);

}  // namespace skep::load

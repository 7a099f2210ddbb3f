// What BPF_OBJ_GET_INFO_BY_FD answers with, for each kind of object. The kernel writes as much as it knows and the caller has room for; what it
// does not know stays as it was, so zero the struct first. Fields that are pointers ask for more: set pointer and count, and the kernel
// fills the array and corrects the count. A first call with counts 0 tells the counts.
// The notes behind the fields follow the grammar that docs are generated from; see tools/gen_attr_fields.
#pragma once

#include "skep/types.h"
#include "skep/uapi/attr_map.h"

namespace skep {

// clang-format off: one field and its note per line

/// Bytes of a program's tag: the start of a SHA over its instructions.
inline constexpr u32 BPF_TAG_SIZE = 8;

/// A loaded program.
/// Rights: instructions, addresses and line tables are given to CAP_BPF only (null and 0 otherwise).
struct bpf_prog_info {
  u32 type;                     ///< [4.13 out enum:prog_type] its type
  u32 id;                       ///< [4.13 out id] its id
  u8 tag[BPF_TAG_SIZE];         ///< [4.13 out data] start of a digest of its instructions: equal programs have equal tags
  u32 jited_prog_len;           ///< [4.13 inout bytes] length of the machine code; on entry room at jited_prog_insns
  u32 xlated_prog_len;          ///< [4.13 inout bytes] length of the instructions after the verifier's rewriting; on entry room for them
  u64 jited_prog_insns;         ///< [4.13 inout pointer] receives the machine code
  u64 xlated_prog_insns;        ///< [4.13 inout pointer] receives the rewritten instructions
  u64 load_time;                ///< [4.15 out ns] when it was loaded, in nanoseconds since boot
  u32 created_by_uid;           ///< [4.15 out number] the user who loaded it
  u32 nr_map_ids;               ///< [4.15 inout number] how many maps it holds; on entry room at map_ids
  u64 map_ids;                  ///< [4.15 inout pointer] receives their ids, 4 bytes each
  char name[BPF_OBJ_NAME_LEN];  ///< [4.15 out name] its name
  u32 ifindex;                  ///< [4.16 out number] the device it is offloaded to
  u32 gpl_compatible : 1;       ///< [4.18 out number] whether its licence opens GPL-only helpers
  u32 : 31;
  u64 netns_dev;                 ///< [4.16 out number] device number of that device's network namespace
  u64 netns_ino;                 ///< [4.16 out number] and inode number
  u32 nr_jited_ksyms;            ///< [4.18 inout number] how many functions the machine code has; on entry room at jited_ksyms
  u32 nr_jited_func_lens;        ///< [4.18 inout number] the same for jited_func_lens
  u64 jited_ksyms;               ///< [4.18 inout pointer] receives their addresses, 8 bytes each
  u64 jited_func_lens;           ///< [4.18 inout pointer] receives their lengths, 4 bytes each
  u32 btf_id;                    ///< [5.0 out id] id of its BTF; 0: none
  u32 func_info_rec_size;        ///< [5.0 inout bytes] size of a func_info record
  u64 func_info;                 ///< [5.0 inout pointer] receives the func_info records
  u32 nr_func_info;              ///< [5.0 inout number] how many of them
  u32 nr_line_info;              ///< [5.0 inout number] how many line_info records
  u64 line_info;                 ///< [5.0 inout pointer] receives the line_info records
  u64 jited_line_info;           ///< [5.0 inout pointer] receives the address of each line, 8 bytes each
  u32 nr_jited_line_info;        ///< [5.0 inout number] how many of them
  u32 line_info_rec_size;        ///< [5.0 inout bytes] size of a line_info record
  u32 jited_line_info_rec_size;  ///< [5.0 inout bytes] size of an entry of jited_line_info: 8
  u32 nr_prog_tags;              ///< [5.0 inout number] how many subprogram tags
  u64 prog_tags;                 ///< [5.0 inout pointer] receives the subprograms' tags, 8 bytes each
  u64 run_time_ns;               ///< [5.1 out ns] time spent in it while statistics were on
  u64 run_cnt;                   ///< [5.1 out number] how often it ran while statistics were on
  u64 recursion_misses;          ///< [5.12 out number] how often it was not run, because it was running already on that processor
  u32 verified_insns;            ///< [5.16 out number] instructions that the verifier walked through to accept it
  u32 attach_btf_obj_id;         ///< [6.1 out id] the BTF that attach_btf_id is in
  u32 attach_btf_id;             ///< [6.1 out id] the function or type it was loaded for
  u32 : 32;
};

/// A map.
struct bpf_map_info {
  u32 type;                       ///< [4.13 out enum:map_type] its type
  u32 id;                         ///< [4.13 out id] its id
  u32 key_size;                   ///< [4.13 out bytes] size of a key
  u32 value_size;                 ///< [4.13 out bytes] size of a value
  u32 max_entries;                ///< [4.13 out number] how many elements fit
  u32 map_flags;                  ///< [4.13 out flags:map_create] its flags
  char name[BPF_OBJ_NAME_LEN];    ///< [4.15 out name] its name
  u32 ifindex;                    ///< [4.16 out number] the device it is offloaded to
  u32 btf_vmlinux_value_type_id;  ///< [5.6 out id] struct_ops: the kernel type of its value
  u64 netns_dev;                  ///< [4.16 out number] device number of that device's network namespace
  u64 netns_ino;                  ///< [4.16 out number] and inode number
  u32 btf_id;                     ///< [4.18 out id] id of the BTF that describes it; 0: none
  u32 btf_key_type_id;            ///< [4.18 out id] the key's type in it
  u32 btf_value_type_id;          ///< [4.18 out id] the value's type in it
  u32 btf_vmlinux_id;             ///< [6.9 out id] struct_ops: the kernel BTF that btf_vmlinux_value_type_id is in
  u64 map_extra;                  ///< [5.16 out hex] as in BPF_MAP_CREATE
  u64 hash;                       ///< [6.18 inout pointer] receives a SHA-256 of a frozen map's contents
  u32 hash_size;                  ///< [6.18 inout bytes] room there: 32
  u32 : 32;
};

/// A BTF.
struct bpf_btf_info {
  u64 btf;         ///< [4.18 inout pointer] receives the BTF itself
  u32 btf_size;    ///< [4.18 inout bytes] its size; on entry room at btf
  u32 id;          ///< [4.18 out id] its id
  u64 name;        ///< [5.11 inout pointer] receives its name: "vmlinux", a module's, or nothing for BTF from user space
  u32 name_len;    ///< [5.11 inout bytes] the name's length without its NUL; on entry room at name
  u32 kernel_btf;  ///< [5.11 out number] 1 for the kernel's own and its modules'
};

// clang-format on

}  // namespace skep

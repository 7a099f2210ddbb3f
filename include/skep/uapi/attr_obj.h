// The arms of `union bpf_attr` that are the same for several kinds of object: pins, ids, info, BTF, statistics, tokens, tasks.
// The notes behind the fields follow the grammar that docs and `skep explain` are generated from; see tools/gen_attr_fields.
#pragma once

#include "skep/uapi/names.h"

namespace skep {

// clang-format off: one field and its note per line

/// A name in a bpf file system (mounted at /sys/fs/bpf by custom). A pinned object lives until it is unlinked and no descriptor is left.
/// Rights: what the file's mode bits ask; before Linux 5.19 also CAP_BPF (CAP_SYS_ADMIN before 5.8) where kernel.unprivileged_bpf_disabled is set.
/// Error EPERM: the directory is not on a bpf file system, or a right is missing.
/// Error EEXIST: BPF_OBJ_PIN: the name is taken.
/// Error ENOENT: BPF_OBJ_GET: no such name; BPF_OBJ_PIN: no such directory.
/// Error EACCES: BPF_OBJ_GET: the mode bits forbid what file_flags asks.
/// Error EINVAL: an unknown flag, or bpf_fd cannot be pinned.
/// Error EBADF: bpf_fd is no bpf object.
struct bpf_attr_obj {
  u64 pathname;    ///< [4.4 in string] the name: a path, relative to path_fd if that is given
  u32 bpf_fd;      ///< [4.4 in fd @BPF_OBJ_PIN] the map, program or link to pin
  u32 file_flags;  ///< [4.15 in flags:obj_file] how to open: BPF_F_RDONLY, BPF_F_WRONLY; BPF_F_PATH_FD (6.5): path_fd counts
  s32 path_fd;     ///< [6.5 in fd] the directory that pathname starts from, with BPF_F_PATH_FD
};

/// Ids: every program, map, BTF and link of the system has one of its kind, and these commands walk them and open them.
/// Rights: CAP_SYS_ADMIN, because walking and opening reach other users' objects; a token can stand in to open BTF (6.16).
/// Error ENOENT: no larger id: the walk is at its end; or the object has gone.
/// Error EPERM: a right is missing.
/// Error EINVAL: an unknown flag, or the start is 0x7fffffff or above.
/// Error EAGAIN: the link is still being made.
struct bpf_attr_get_id {
  union {
    u32 start_id;  ///< [4.13 in id @BPF_PROG_GET_NEXT_ID,BPF_MAP_GET_NEXT_ID,BPF_BTF_GET_NEXT_ID,BPF_LINK_GET_NEXT_ID] the id to go on from; 0 starts
    u32 prog_id;   ///< [4.13 in id @BPF_PROG_GET_FD_BY_ID] the program to open
    u32 map_id;    ///< [4.13 in id @BPF_MAP_GET_FD_BY_ID] the map to open
    u32 btf_id;    ///< [4.18 in id @BPF_BTF_GET_FD_BY_ID] the BTF to open
    u32 link_id;   ///< [5.8 in id @BPF_LINK_GET_FD_BY_ID] the link to open
  };
  u32 next_id;            ///< [4.13 out id @BPF_PROG_GET_NEXT_ID,BPF_MAP_GET_NEXT_ID,BPF_BTF_GET_NEXT_ID,BPF_LINK_GET_NEXT_ID] receives the next id
  u32 open_flags;         ///< [4.15 in flags:obj_file @BPF_MAP_GET_FD_BY_ID,BPF_BTF_GET_FD_BY_ID] BPF_F_RDONLY or BPF_F_WRONLY for maps; BPF_F_TOKEN_FD for BTF
  s32 fd_by_id_token_fd;  ///< [6.16 in fd @BPF_BTF_GET_FD_BY_ID] a BPF token whose rights the call uses, when BPF_F_TOKEN_FD is set
};

/// A description of the object behind a descriptor, in the struct of its kind (skep/uapi/info.h). The kernel fills as much as it knows and fits.
/// Rights: none beyond holding the descriptor; a program's instructions and tables only with CAP_BPF, addresses only as kernel.kptr_restrict allows.
/// Error E2BIG: info_len is larger than the kernel's struct and the bytes beyond it are not zero.
/// Error EBADF: bpf_fd is not a descriptor.
/// Error EINVAL: bpf_fd is no bpf object, or a pointer in the info was given without its length.
/// Error EFAULT: info or a pointer in it is not the caller's memory.
struct bpf_attr_info {
  u32 bpf_fd;    ///< [4.13 in fd] the program, map, BTF or link
  u32 info_len;  ///< [4.13 inout bytes] size of the struct at `info`; afterwards how much the kernel wrote
  u64 info;      ///< [4.13 inout pointer] a bpf_prog_info, bpf_map_info, bpf_btf_info or bpf_link_info; pointers in it ask for more
};

/// Type information for programs and maps. The kernel checks it whole and keeps it while anything refers to it.
/// Rights: CAP_BPF (CAP_SYS_ADMIN before Linux 5.8), or a token.
/// Error EINVAL: the BTF is malformed, or uses a kind that this kernel does not know; the log says where.
/// Error E2BIG: larger than 16 MiB.
/// Error ENOSPC: the log did not fit.
/// Error EPERM: a right is missing.
/// Error ENOMEM: no memory.
struct bpf_attr_btf_load {
  u64 btf;                ///< [4.18 in pointer] the BTF: header, types, strings
  u64 btf_log_buf;        ///< [4.18 out pointer] receives what the kernel has to say of it
  u32 btf_size;           ///< [4.18 in bytes] length of the BTF
  u32 btf_log_size;       ///< [4.18 in bytes] room in btf_log_buf
  u32 btf_log_level;      ///< [4.18 in hex] 0: no log; 1 and more: each type as it is checked
  u32 btf_log_true_size;  ///< [6.4 out bytes] how large the log would have been
  u32 btf_flags;          ///< [6.9 in flags:btf_load] BPF_F_TOKEN_FD: btf_token_fd counts
  s32 btf_token_fd;       ///< [6.9 in fd] a BPF token whose rights the call uses
};

/// What a probing descriptor is.
enum bpf_task_fd_type : u32 {
  BPF_FD_TYPE_RAW_TRACEPOINT = 0,
  BPF_FD_TYPE_TRACEPOINT = 1,
  BPF_FD_TYPE_KPROBE = 2,
  BPF_FD_TYPE_KRETPROBE = 3,
  BPF_FD_TYPE_UPROBE = 4,
  BPF_FD_TYPE_URETPROBE = 5,
};

inline constexpr auto task_fd_type_names = std::to_array<NameRow<bpf_task_fd_type>>({
    {BPF_FD_TYPE_RAW_TRACEPOINT, "raw_tracepoint"},
    {BPF_FD_TYPE_TRACEPOINT, "tracepoint"},
    {BPF_FD_TYPE_KPROBE, "kprobe"},
    {BPF_FD_TYPE_KRETPROBE, "kretprobe"},
    {BPF_FD_TYPE_UPROBE, "uprobe"},
    {BPF_FD_TYPE_URETPROBE, "uretprobe"},
});
static_assert(names_are_unique(task_fd_type_names));

/// Which probe a perf event descriptor of some process belongs to, and which program runs there.
/// Rights: CAP_SYS_ADMIN.
/// Error ENOENT: no such process.
/// Error EBADF: the process has no such descriptor.
/// Error ENOTSUPP: the descriptor is no perf event or raw tracepoint with a program.
/// Error ENOSPC: buf is too small; the name was cut.
struct bpf_attr_task_fd_query {
  u32 pid;           ///< [4.18 in number] the process
  u32 fd;            ///< [4.18 in number] the descriptor's number in that process
  u32 flags;         ///< [4.18 in hex] none exist, must be 0
  u32 buf_len;       ///< [4.18 inout bytes] room in buf; afterwards the name's length without its NUL
  u64 buf;           ///< [4.18 out pointer] receives the tracepoint's name, the probed function or the probed file's path
  u32 prog_id;       ///< [4.18 out id] the program's id
  u32 fd_type;       ///< [4.18 out enum:task_fd_type] what the descriptor is: raw tracepoint, tracepoint, kprobe, kretprobe, uprobe, uretprobe
  u64 probe_offset;  ///< [4.18 out hex] offset of the probe in the function or file
  u64 probe_addr;    ///< [4.18 out hex] the probe's address when it was placed by address
};

/// What BPF_ENABLE_STATS can switch on.
enum bpf_stats_type : u32 {
  BPF_STATS_RUN_TIME = 0,  ///< run time and run count of every program
};

inline constexpr auto stats_type_names = std::to_array<NameRow<bpf_stats_type>>({
    {BPF_STATS_RUN_TIME, "run_time"},
});
static_assert(names_are_unique(stats_type_names));

/// Measuring programs costs two clock readings per run, so it is off unless somebody holds such a descriptor (or kernel.bpf_stats_enabled is 1).
/// Rights: CAP_SYS_ADMIN.
/// Error EINVAL: the kernel knows no such statistics.
/// Error EPERM: a right is missing.
struct bpf_attr_enable_stats {
  u32 type;  ///< [5.8 in enum:stats_type] which statistics: BPF_STATS_RUN_TIME, run time and count of every program
};

/// Makes a token: the holder, in the user namespace that owns the mount, may do what the mount's delegate_* options name.
/// Rights: CAP_BPF in the user namespace that owns the bpf file system's mount.
/// Error EPERM: a right is missing, or the mount belongs to another user namespace.
/// Error EOPNOTSUPP: the namespace is the initial one: tokens are for others.
/// Error ENOENT: the mount delegates nothing.
/// Error EINVAL: bpffs_fd is not the root of a bpf file system, or flags is not 0.
struct bpf_attr_token_create {
  u32 flags;     ///< [6.9 in hex] none exist, must be 0
  u32 bpffs_fd;  ///< [6.9 in fd] the root directory of the bpf file system
};

/// Attributes common to all commands: the fourth argument of bpf(2) when the command carries BPF_COMMON_ATTRS, its size the fifth.
/// BPF_MAP_CREATE gained its log this way; BPF_PROG_LOAD and BPF_BTF_LOAD take theirs from here or from their own fields, not from both.
/// Error EINVAL: log_buf without log_size or the reverse, or different logs here and in the command's own fields.
/// Error EFAULT: the struct or log_buf is not the caller's memory.
struct bpf_common_attr {
  u64 log_buf;        ///< [7.2 out pointer] receives the log
  u32 log_size;       ///< [7.2 in bytes] room in log_buf
  u32 log_level;      ///< [7.2 in hex] as in BPF_PROG_LOAD
  u32 log_true_size;  ///< [7.2 out bytes] how large the log would have been
};

// clang-format on

}  // namespace skep

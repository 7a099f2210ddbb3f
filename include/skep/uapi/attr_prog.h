// The arms of `union bpf_attr` for programs: load, attach without a link, query, run, bind a map, read streams, associate a struct_ops map.
// The notes behind the fields follow the grammar that docs and `skep explain` are generated from; see tools/gen_attr_fields.
#pragma once

#include "skep/types.h"
#include "skep/uapi/attr_map.h"

namespace skep {

// clang-format off: one field and its note per line

/// A program to verify. The kernel copies the instructions, replaces the map descriptors that ld_imm64 instructions carry by addresses (and holds
/// the maps from then on), follows every path, and compiles. A refusal is explained in the log, when there is room for one.
/// Rights: CAP_BPF; CAP_PERFMON as well for tracing, CAP_NET_ADMIN for networking types, CAP_SYS_ADMIN to offload (all of it CAP_SYS_ADMIN before
///   Linux 5.8); none for socket filters and cgroup_skb while kernel.unprivileged_bpf_disabled is 0. A token can stand in for these.
/// Error EPERM: a right is missing, for the type or for something that the program does; or the kernel is locked down.
/// Error EACCES: the verifier refused: the program touches what it may not.
/// Error EINVAL: malformed attributes, an unknown program type or flag, or the verifier refused the program as malformed.
/// Error E2BIG: too many instructions (1 000 000 to verify, 4096 without rights), or attributes of a later kernel that are not zero.
/// Error ENOSPC: the log did not fit its buffer; a good program is refused then too.
/// Error EAGAIN: a signal arrived during verification; the same call can be made again.
/// Error ENOENT: the kernel knows no BTF, function or map that the program names.
/// Error EBADF: a descriptor in the instructions, in fd_array or in a field is of the wrong kind.
/// Error ENOTSUPP: this kernel's compiler (JIT) lacks something that the program needs.
/// Error ENOMEM: no memory for the program or for its verification.
/// Error EKEYREJECTED: the signature does not fit the program or the keyring does not trust its key.
struct bpf_attr_prog_load {
  u32 prog_type;                     ///< [3.18 in enum:prog_type] what kind of program: fixes its context, helpers and where it can be attached
  u32 insn_cnt;                      ///< [3.18 in number] how many 8-byte instruction slots; an ld_imm64 takes two
  u64 insns;                         ///< [3.18 in pointer] the instructions
  u64 license;                       ///< [3.18 in string] the licence; "GPL" and its relatives open the GPL-only helpers
  u32 log_level;                     ///< [3.18 in hex] verifier log: 0 none, bit 0 on refusal the failing path, bit 1 every instruction, bit 2 statistics; bit 3 (6.4) keep the start, not the end
  u32 log_size;                      ///< [3.18 in bytes] room in log_buf
  u64 log_buf;                       ///< [3.18 out pointer] where the verifier writes its log; null with level > 0 asks for log_true_size alone
  u32 kern_version;                  ///< [4.1 in hex] LINUX_VERSION_CODE of the running kernel; checked for kprobe programs before 5.0 only
  u32 prog_flags;                    ///< [4.12 in flags:prog_load] strict alignment, sleepable, test switches of the verifier
  char prog_name[BPF_OBJ_NAME_LEN];  ///< [4.15 in name] a debugging aid shown by tools: at most 15 letters, digits, '_' or '.'
  u32 prog_ifindex;                  ///< [4.15 in number] the network device to offload to, or to bind to with BPF_F_XDP_DEV_BOUND_ONLY; 0: none
  u32 expected_attach_type;          ///< [4.17 in enum:attach_type] where it will be attached; for types whose context depends on the place
  u32 prog_btf_fd;                   ///< [5.0 in fd0] the BTF that func_info and line_info refer to
  u32 func_info_rec_size;            ///< [5.0 in bytes] size of one func_info record; 8 at least, more is skipped if zero
  u64 func_info;                     ///< [5.0 in pointer] records (instruction index, BTF id) that give each subprogram its signature
  u32 func_info_cnt;                 ///< [5.0 in number] how many of them: one per subprogram
  u32 line_info_rec_size;            ///< [5.0 in bytes] size of one line_info record; 16 at least
  u64 line_info;                     ///< [5.0 in pointer] records that give instructions their source file, line and column
  u32 line_info_cnt;                 ///< [5.0 in number] how many of them
  u32 attach_btf_id;                 ///< [5.5 in id] the kernel function, type or program function to attach to, in the BTF chosen below
  union {
    u32 attach_prog_fd;     ///< [5.5 in fd0] where attach_btf_id is looked up: the program to trace or replace, or the BTF of a module; 0: vmlinux
    u32 attach_btf_obj_fd;  ///< [5.11 in alias] the same bytes when they hold a BTF object
  };
  u32 core_relo_cnt;       ///< [5.17 in number] light skeletons: how many CO-RE relocations the kernel itself shall apply
  u64 fd_array;            ///< [5.14 in pointer] descriptors that instructions name by index (BPF_PSEUDO_MAP_IDX) and module BTFs of kfunc calls
  u64 core_relos;          ///< [5.17 in pointer] those relocation records
  u32 core_relo_rec_size;  ///< [5.17 in bytes] size of one of them
  u32 log_true_size;       ///< [6.4 out bytes] how large the log would have been: what log_size should be for a second try
  s32 prog_token_fd;       ///< [6.9 in fd] a BPF token whose rights the call uses, when BPF_F_TOKEN_FD is set
  u32 fd_array_cnt;        ///< [6.14 in number] length of fd_array; then every map and BTF in it is held by the program, used or not
  u64 signature;           ///< [6.18 in pointer] a PKCS#7 signature over the instructions
  u32 signature_size;      ///< [6.18 in bytes] its length; 0: unsigned
  s32 keyring_id;          ///< [6.18 in signed] the keyring whose keys are trusted, a serial number or a special id such as -4 (the user's)
};

/// Attaching and detaching without a link: the attachment lasts until it is undone or its target goes. What the target is depends on attach_type:
/// a cgroup directory, a socket map, a network namespace (flow dissector), a lirc device, a network device (tcx, netkit).
/// Rights: CAP_NET_ADMIN for cgroup, device and socket map types.
/// Error EBADF: target_fd or attach_bpf_fd is of the wrong kind.
/// Error EINVAL: the program's type and attach_type do not go together, or a flag does not go with attach_type.
/// Error EPERM: a right is missing; a parent cgroup has a program that does not allow more.
/// Error EEXIST: the program is attached there already.
/// Error ENOENT: BPF_PROG_DETACH: it is not attached there; or replace_bpf_fd is not.
/// Error ESTALE: expected_revision is not the current one: somebody changed the list meanwhile.
/// Error E2BIG: 64 programs are attached there.
/// Error ENODEV: no such network device.
/// Error ERANGE: the list of device programs is full.
/// Error EDOM: the wanted position before or after cannot be had.
struct bpf_attr_prog_attach {
  union {
    u32 target_fd;       ///< [4.10 in fd] the cgroup, map, namespace or device to attach to
    u32 target_ifindex;  ///< [6.6 in number @BPF_TCX_INGRESS,BPF_TCX_EGRESS,BPF_NETKIT_PRIMARY,BPF_NETKIT_PEER] the network device to attach to
  };
  u32 attach_bpf_fd;   ///< [4.10 in fd0] the program; detaching from places that hold one program may leave it 0
  u32 attach_type;     ///< [4.10 in enum:attach_type] at which of the target's hooks
  u32 attach_flags;    ///< [4.10 in flags:attach] one or many programs, replace, before or after another
  u32 replace_bpf_fd;  ///< [5.6 in fd0 @BPF_PROG_ATTACH] the attached program to replace, with BPF_F_REPLACE
  union {
    u32 relative_fd;  ///< [6.6 in number] the program or link to stand before or after: a descriptor, or an id when BPF_F_ID is set
    u32 relative_id;  ///< [6.6 in alias] the same bytes when they hold an id
  };
  u64 expected_revision;  ///< [6.6 in number] the list's revision as last seen; 0: whatever it is
};

/// Running a loaded program on given data, without attaching it anywhere. Types differ in what they take: networking programs take a packet
/// (data) and perhaps parts of their context, syscall and raw tracepoint programs take the context alone.
/// Rights: none beyond holding the descriptor; CAP_SYS_ADMIN before Linux 5.8.
/// Error ENOTSUPP: this type of program cannot be test-run.
/// Error EINVAL: data is missing, shorter than a link-layer header, or given for a type that takes none; a field does not go with the type.
/// Error ENOSPC: data_out or ctx_out is too small; what fits was copied, and the size out says what was needed.
/// Error EFAULT: a buffer is not the caller's memory.
/// Error EINTR: a signal arrived between repetitions.
/// Error ENXIO: BPF_F_TEST_RUN_ON_CPU: no such processor is online.
struct bpf_attr_test {
  u32 prog_fd;        ///< [4.12 in fd] the program
  u32 retval;         ///< [4.12 out number] what the program returned, the last time it ran
  u32 data_size_in;   ///< [4.12 in bytes] length of data_in
  u32 data_size_out;  ///< [4.12 inout bytes] room in data_out; afterwards the length of the data as the program left it
  u64 data_in;        ///< [4.12 in pointer] the packet to run on, beginning with its link-layer header
  u64 data_out;       ///< [4.12 out pointer] receives the packet as the program left it; null: not wanted
  u32 repeat;         ///< [4.12 in number] how often to run; 0 counts as 1
  u32 duration;       ///< [4.12 out ns] mean time of one run in nanoseconds
  u32 ctx_size_in;    ///< [5.2 in bytes] length of ctx_in
  u32 ctx_size_out;   ///< [5.2 inout bytes] room in ctx_out; afterwards the length of the context
  u64 ctx_in;         ///< [5.2 in pointer] the context to run with: a whole __sk_buff or xdp_md, or a raw tracepoint's or syscall program's arguments
  u64 ctx_out;        ///< [5.2 out pointer] receives the context as the program left it; null: not wanted
  u32 flags;          ///< [5.10 in flags:test_run] run on one processor, push packets through the live stack, recompute the checksum
  u32 cpu;            ///< [5.10 in number] the processor to run on, with BPF_F_TEST_RUN_ON_CPU
  u32 batch_size;     ///< [5.18 in number] packets per batch with BPF_F_TEST_XDP_LIVE_FRAMES; 0: 64
};

/// What is attached at one place. Ask with prog_cnt 0 for the number, then with room for the ids.
/// Rights: CAP_NET_ADMIN.
/// Error ENOSPC: more are attached than prog_cnt allows; the first were copied, prog_cnt says how many there are.
/// Error EINVAL: attach_type cannot be queried, or a flag is unknown.
/// Error EBADF: target_fd is of the wrong kind.
/// Error ENOENT: nothing is known of that device or place.
struct bpf_attr_query {
  union {
    u32 target_fd;       ///< [4.15 in fd] the cgroup, map or namespace
    u32 target_ifindex;  ///< [6.6 in number @BPF_TCX_INGRESS,BPF_TCX_EGRESS,BPF_NETKIT_PRIMARY,BPF_NETKIT_PEER] the network device
  };
  u32 attach_type;   ///< [4.15 in enum:attach_type] which hook of the target
  u32 query_flags;   ///< [4.15 in flags:query] BPF_F_QUERY_EFFECTIVE: also what is inherited from parent cgroups
  u32 attach_flags;  ///< [4.15 out flags:attach] how the place was attached to: whether it allows many programs
  u64 prog_ids;      ///< [4.15 out pointer] receives program ids, 4 bytes each, in order of execution
  union {
    u32 prog_cnt;  ///< [4.15 inout number] room for so many ids; afterwards how many programs there are
    u32 count;     ///< [6.6 inout alias] the later spelling of prog_cnt
  };
  u32 reserved;           ///< [4.15 in reserved] must be 0
  u64 prog_attach_flags;  ///< [6.0 out pointer] receives each program's own attach flags, 4 bytes each
  u64 link_ids;           ///< [6.6 out pointer] receives the ids of the links that hold the programs, 0 where there is none
  u64 link_attach_flags;  ///< [6.6 out pointer] receives each link's attach flags, 4 bytes each
  u64 revision;           ///< [6.6 out number] the list's revision, for expected_revision of a later attach
};

/// Attaches a raw tracepoint program to the tracepoint named, or (name null) a tracing, LSM or iterator program to what it was loaded for.
/// Answers with a link since Linux 5.7; before, with a plain descriptor that detaches on close.
/// Rights: CAP_PERFMON besides having been able to load the program.
/// Error ENOENT: no such tracepoint.
/// Error EINVAL: the program's type cannot be attached so, or a name was given for a type that has its target already.
/// Error EBUSY: the function is traced by another kind of program already.
struct bpf_attr_raw_tracepoint {
  u64 name;      ///< [4.17 in string] the tracepoint's name as in the kernel's TRACE_EVENT; null when the target was fixed by attach_btf_id
  u32 prog_fd;   ///< [4.17 in fd] the program
  u32 reserved;  ///< [6.10 in reserved] must be 0
  u64 cookie;    ///< [6.10 in hex] a number that the program reads with bpf_get_attach_cookie()
};

/// Makes a map live as long as a program that does not use it in its instructions, so that tools find it from the program.
/// Rights: none beyond holding both descriptors.
/// Error EBADF: prog_fd or map_fd is of the wrong kind.
/// Error EINVAL: flags is not 0.
struct bpf_attr_prog_bind_map {
  u32 prog_fd;  ///< [5.10 in fd] the program
  u32 map_fd;   ///< [5.10 in fd] the map it shall hold
  u32 flags;    ///< [5.10 in hex] none exist, must be 0
};

/// Reads, and so consumes, what the program or the kernel on its behalf printed.
/// Rights: none beyond holding the descriptor.
/// Error ENOENT: no such stream.
/// Error EFAULT: stream_buf is not the caller's memory.
struct bpf_attr_prog_stream_read {
  u64 stream_buf;      ///< [6.17 out pointer] receives the text
  u32 stream_buf_len;  ///< [6.17 in bytes] room in stream_buf
  u32 stream_id;       ///< [6.17 in enum:stream] 1 standard output, 2 standard error
  u32 prog_fd;         ///< [6.17 in fd] the program
};

/// Ties a program to a struct_ops map: kfuncs of that struct_ops then know which instance the program means.
/// Rights: none beyond holding both descriptors.
/// Error EINVAL: the map is no struct_ops map, the program is one of its own members of another map, or flags is not 0.
/// Error EBUSY: the program has another association already.
struct bpf_attr_prog_assoc_struct_ops {
  u32 map_fd;   ///< [7.0 in fd] the struct_ops map
  u32 prog_fd;  ///< [7.0 in fd] the program
  u32 flags;    ///< [7.0 in hex] none exist, must be 0
};

// clang-format on

}  // namespace skep

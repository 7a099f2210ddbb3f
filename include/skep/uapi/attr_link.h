// The arms of `union bpf_attr` for links. BPF_LINK_CREATE has an inner arm per family of attach types; which one the kernel reads follows from
// attach_type (and the program's type).
// The notes behind the fields follow the grammar that docs and `skep explain` are generated from; see tools/gen_attr_fields.
#pragma once

#include "skep/types.h"

namespace skep {

// clang-format off: one field and its note per line

/// Which objects an iterator walks; `iter_info` points at one of these.
enum bpf_cgroup_iter_order : u32 {
  BPF_CGROUP_ITER_ORDER_UNSPEC = 0,
  BPF_CGROUP_ITER_SELF_ONLY = 1,         ///< the one cgroup
  BPF_CGROUP_ITER_DESCENDANTS_PRE = 2,   ///< it and all below it, parents first
  BPF_CGROUP_ITER_DESCENDANTS_POST = 3,  ///< it and all below it, children first
  BPF_CGROUP_ITER_ANCESTORS_UP = 4,      ///< it and all above it
  BPF_CGROUP_ITER_CHILDREN = 5,          ///< its children alone (since 7.0)
};

/// An iterator over the elements of one map. Used by targets bpf_map_elem and bpf_sk_storage_map.
struct bpf_iter_map_info {
  u32 map_fd;  ///< [5.8 in fd] the map to walk
};

/// An iterator over cgroups, since Linux 6.1. At most one of cgroup_fd and cgroup_id; neither: the root.
struct bpf_iter_cgroup_info {
  bpf_cgroup_iter_order order;  ///< [6.1 in number] which cgroups, and in what order
  u32 cgroup_fd;                ///< [6.1 in fd0] where to start: an open cgroup directory
  u64 cgroup_id;                ///< [6.1 in id] where to start: a cgroup's id
};

/// An iterator over tasks, their files or memory areas. At most one of the three; none: all tasks.
struct bpf_iter_task_info {
  u32 tid;     ///< [6.1 in number] one thread
  u32 pid;     ///< [6.1 in number] the threads of one process
  u32 pid_fd;  ///< [6.1 in fd0] the threads of the process behind a pidfd
};

/// What `iter_info` points at.
union bpf_iter_link_info {
  bpf_iter_map_info map;
  bpf_iter_cgroup_info cgroup;
  bpf_iter_task_info task;
};

/// Inner arm for iterators.
struct bpf_attr_link_iter {
  u64 iter_info;      ///< [5.8 in pointer] a bpf_iter_link_info that narrows the walk; null: everything
  u32 iter_info_len;  ///< [5.8 in bytes] its size
};

/// Inner arm for a program on a perf event, kprobe, uprobe or tracepoint that perf_event_open() made (target_fd).
struct bpf_attr_link_perf_event {
  u64 bpf_cookie;  ///< [5.15 in hex] a number that the program reads with bpf_get_attach_cookie()
};

/// Inner arm for one program at many kernel functions. Either names or addresses.
struct bpf_attr_link_kprobe_multi {
  u32 flags;    ///< [5.18 in flags:kprobe_multi] BPF_F_KPROBE_MULTI_RETURN: at the return instead of the entry
  u32 cnt;      ///< [5.18 in number] how many functions
  u64 syms;     ///< [5.18 in pointer] cnt pointers to names
  u64 addrs;    ///< [5.18 in pointer] cnt addresses
  u64 cookies;  ///< [5.18 in pointer] cnt numbers for bpf_get_attach_cookie(), one per function; null: none
};

/// Inner arm for fentry, fexit, fmod_ret, freplace and LSM programs. Without it the target is what the program was loaded for.
struct bpf_attr_link_tracing {
  u32 target_btf_id;  ///< [5.10 in id] freplace: the function of the program at target_fd to replace
  u64 cookie;         ///< [6.0 in hex] a number that the program reads with bpf_get_attach_cookie()
};

/// Inner arm for packet filters.
struct bpf_attr_link_netfilter {
  u32 pf;        ///< [6.4 in number] protocol family: NFPROTO_IPV4 (2) or NFPROTO_IPV6 (10)
  u32 hooknum;   ///< [6.4 in number] NF_INET_PRE_ROUTING (0), LOCAL_IN (1), FORWARD (2), LOCAL_OUT (3), POST_ROUTING (4)
  s32 priority;  ///< [6.4 in signed] where among the hook's users; smaller runs earlier; the two extremes are reserved
  u32 flags;     ///< [6.4 in flags:netfilter] BPF_F_NETFILTER_IP_DEFRAG: reassemble fragments first
};

/// Inner arm for places that run a list of programs: tcx, netkit and (since 6.18) cgroups share this shape.
struct bpf_attr_link_relative {
  union {
    u32 relative_fd;  ///< [6.6 in number] the program or link to stand before or after: a descriptor, or an id when BPF_F_ID is set
    u32 relative_id;  ///< [6.6 in alias] the same bytes when they hold an id
  };
  u64 expected_revision;  ///< [6.6 in number] the list's revision as last seen; 0: whatever it is
};

/// Inner arm for one program at many places of one file.
struct bpf_attr_link_uprobe_multi {
  u64 path;             ///< [6.6 in string] the file; relative to path_fd if that counts
  u64 offsets;          ///< [6.6 in pointer] cnt offsets in the file, 8 bytes each
  u64 ref_ctr_offsets;  ///< [6.6 in pointer] cnt offsets of USDT semaphores; null: none
  u64 cookies;          ///< [6.6 in pointer] cnt numbers for bpf_get_attach_cookie(); null: none
  u32 cnt;              ///< [6.6 in number] how many places
  u32 flags;            ///< [6.6 in flags:uprobe_multi] BPF_F_UPROBE_MULTI_RETURN: at the return; BPF_F_UPROBE_MULTI_PATH_FD: path_fd counts
  u32 pid;              ///< [6.6 in number] in this process alone; 0: in all
  u32 path_fd;          ///< [7.2 in fd0] the directory that path starts from, or the file itself when path is empty
};

/// Inner arm for one tracing program at many functions known by BTF id.
struct bpf_attr_link_tracing_multi {
  u64 ids;      ///< [7.2 in pointer] cnt BTF ids of functions, 4 bytes each, in the BTF the program was loaded with
  u64 cookies;  ///< [7.2 in pointer] cnt numbers for bpf_get_attach_cookie(); null: none
  u32 cnt;      ///< [7.2 in number] how many
};

/// An attachment as an object: it holds the program, can be pinned, listed and updated, and ends when its last descriptor closes.
/// Rights: as for loading the program: CAP_NET_ADMIN for network places, CAP_PERFMON for tracing.
/// Error EBADF: prog_fd or target_fd is of the wrong kind.
/// Error EINVAL: attach_type is not what the program was loaded for, an unknown flag, or a field of another inner arm is not zero.
/// Error EPERM: a right is missing.
/// Error EBUSY: the place takes one program and has one; or a function is traced in a way that excludes this one.
/// Error EEXIST: the program is attached there already, or not through a link.
/// Error ENOENT: a function or tracepoint does not exist.
/// Error ENODEV: no such network device.
/// Error EOPNOTSUPP: this kernel was built without what the attach type needs.
/// Error ESTALE: expected_revision is not the current one.
/// Error E2BIG: the place is full.
struct bpf_attr_link_create {
  union {
    u32 prog_fd;  ///< [5.7 in fd] the program
    u32 map_fd;   ///< [6.4 in fd @BPF_STRUCT_OPS] struct_ops: the map to register
  };
  union {
    u32 target_fd;       ///< [5.7 in fd0] where: a cgroup, network namespace, perf event, socket map, or for freplace a program
    u32 target_ifindex;  ///< [5.9 in number @BPF_XDP,BPF_TCX_INGRESS,BPF_TCX_EGRESS,BPF_NETKIT_PRIMARY,BPF_NETKIT_PEER] the network device
  };
  u32 attach_type;  ///< [5.7 in enum:attach_type] at which hook of the target
  u32 flags;        ///< [5.7 in flags:link_create] XDP: which mode; tcx, netkit, cgroup: before, after, replace; 0 for others
  union {
    u32 target_btf_id;                          ///< [5.10 in alias] the same bytes as tracing.target_btf_id
    bpf_attr_link_iter iter;                    ///< [5.8 arm @BPF_TRACE_ITER] iterators
    bpf_attr_link_perf_event perf_event;        ///< [5.15 arm @BPF_PERF_EVENT] perf events
    bpf_attr_link_kprobe_multi kprobe_multi;    ///< [5.18 arm @BPF_TRACE_KPROBE_MULTI,BPF_TRACE_KPROBE_SESSION] many kernel functions
    bpf_attr_link_tracing tracing;              ///< [5.10 arm @BPF_TRACE_RAW_TP,BPF_TRACE_FENTRY,BPF_TRACE_FEXIT,BPF_TRACE_FSESSION,BPF_MODIFY_RETURN,BPF_LSM_MAC] one function, hook or raw tracepoint; freplace (attach_type 0) too
    bpf_attr_link_netfilter netfilter;          ///< [6.4 arm @BPF_NETFILTER] packet filters
    bpf_attr_link_relative tcx;                 ///< [6.6 arm @BPF_TCX_INGRESS,BPF_TCX_EGRESS] device traffic control
    bpf_attr_link_uprobe_multi uprobe_multi;    ///< [6.6 arm @BPF_TRACE_UPROBE_MULTI,BPF_TRACE_UPROBE_SESSION] many places of a file
    bpf_attr_link_relative netkit;              ///< [6.7 arm @BPF_NETKIT_PRIMARY,BPF_NETKIT_PEER] netkit devices
    bpf_attr_link_relative cgroup;              ///< [6.18 arm @BPF_CGROUP_*,BPF_LSM_CGROUP] cgroups
    bpf_attr_link_tracing_multi tracing_multi;  ///< [7.2 arm @BPF_TRACE_FENTRY_MULTI,BPF_TRACE_FEXIT_MULTI,BPF_TRACE_FSESSION_MULTI] many functions by BTF id
  };
};

/// Puts another program in a link; users of the place see the old or the new one, never none. struct_ops links take a map instead.
/// Rights: none beyond holding the descriptors.
/// Error EPERM: old_prog_fd was given and is not what the link holds.
/// Error EINVAL: the kind of link cannot be updated, the program does not fit it, or old_prog_fd was given without BPF_F_REPLACE.
/// Error ENOLINK: the link has been detached.
/// Error EBADF: a descriptor is of the wrong kind.
struct bpf_attr_link_update {
  u32 link_fd;  ///< [5.7 in fd] the link
  union {
    u32 new_prog_fd;  ///< [5.7 in fd] the program (for struct_ops links: the map) to put in
    u32 new_map_fd;   ///< [6.4 in alias] the same bytes when they hold a map
  };
  u32 flags;  ///< [5.7 in flags:link_update] BPF_F_REPLACE: only if the link holds the old one given
  union {
    u32 old_prog_fd;  ///< [5.7 in fd0] what the link must hold, with BPF_F_REPLACE
    u32 old_map_fd;   ///< [6.4 in alias] the same bytes when they hold a map
  };
};

/// Detaches now, though descriptors and pins of the link live on, without effect from then.
/// Rights: none beyond holding the descriptor.
/// Error EOPNOTSUPP: this kind of link cannot be detached by force.
/// Error EBADF: link_fd is no link.
struct bpf_attr_link_detach {
  u32 link_fd;  ///< [5.9 in fd] the link
};

/// A file whose every read() goes on with the walk; several can be made of one link.
/// Rights: none beyond holding the descriptor.
/// Error EINVAL: the link is no iterator, or flags is not 0.
/// Error EBADF: link_fd is no link.
struct bpf_attr_iter_create {
  u32 link_fd;  ///< [5.8 in fd] the iterator's link
  u32 flags;    ///< [5.8 in hex] none exist, must be 0
};

// clang-format on

}  // namespace skep

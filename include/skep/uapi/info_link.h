// What BPF_OBJ_GET_INFO_BY_FD answers with for a link: a head, and an arm per link type.
// The notes behind the fields follow the grammar that docs are generated from; see tools/gen_attr_fields.
#pragma once

#include "skep/types.h"

namespace skep {

// clang-format off: one field and its note per line

/// What kind of event a perf event link sits on.
enum bpf_perf_event_type : u32 {
  BPF_PERF_EVENT_UNSPEC = 0,
  BPF_PERF_EVENT_UPROBE = 1,
  BPF_PERF_EVENT_URETPROBE = 2,
  BPF_PERF_EVENT_KPROBE = 3,
  BPF_PERF_EVENT_KRETPROBE = 4,
  BPF_PERF_EVENT_TRACEPOINT = 5,
  BPF_PERF_EVENT_EVENT = 6,
};

/// Arm of BPF_LINK_TYPE_RAW_TRACEPOINT.
struct bpf_link_info_raw_tracepoint {
  u64 tp_name;      ///< [5.8 inout pointer] receives the tracepoint's name
  u32 tp_name_len;  ///< [5.8 inout bytes] room there; afterwards the name's length with its NUL
  u32 : 32;
  u64 cookie;  ///< [6.18 out hex] the cookie it was attached with
};

/// Arm of BPF_LINK_TYPE_TRACING.
struct bpf_link_info_tracing {
  u32 attach_type;    ///< [5.8 out enum:attach_type] fentry, fexit, ...
  u32 target_obj_id;  ///< [5.13 out id] the program or BTF that holds the target
  u32 target_btf_id;  ///< [5.13 out id] the target's type id in it
  u32 : 32;
  u64 cookie;  ///< [6.17 out hex] the cookie it was attached with
};

/// Arm of BPF_LINK_TYPE_CGROUP.
struct bpf_link_info_cgroup {
  u64 cgroup_id;    ///< [5.8 out id] the cgroup
  u32 attach_type;  ///< [5.8 out enum:attach_type] which of its hooks
};

/// Which map an iterator walks.
struct bpf_link_info_iter_map {
  u32 map_id;  ///< [5.10 out id] the map
};

/// Which cgroups an iterator walks.
struct bpf_link_info_iter_cgroup {
  u64 cgroup_id;  ///< [6.1 out id] where it starts
  u32 order;      ///< [6.1 out number] a bpf_cgroup_iter_order
};

/// Which tasks an iterator walks.
struct bpf_link_info_iter_task {
  u32 tid;  ///< [6.1 out number] one thread; 0: not narrowed so
  u32 pid;  ///< [6.1 out number] one process; 0: not narrowed so
};

/// Arm of BPF_LINK_TYPE_ITER.
struct bpf_link_info_iter {
  u64 target_name;      ///< [5.10 inout pointer] receives what it walks: "bpf_map", "task", ...
  u32 target_name_len;  ///< [5.10 inout bytes] room there
  union {
    bpf_link_info_iter_map map;  ///< [5.10 arm] map elements
  };
  union {
    bpf_link_info_iter_cgroup cgroup;  ///< [6.1 arm] cgroups
    bpf_link_info_iter_task task;      ///< [6.1 arm] tasks
  };
};

/// Arm of BPF_LINK_TYPE_NETNS.
struct bpf_link_info_netns {
  u32 netns_ino;    ///< [5.8 out number] inode number of the network namespace
  u32 attach_type;  ///< [5.8 out enum:attach_type] which of its hooks
};

/// Arm of BPF_LINK_TYPE_XDP.
struct bpf_link_info_xdp {
  u32 ifindex;  ///< [5.9 out number] the device; 0 after it has gone
};

/// Arm of BPF_LINK_TYPE_STRUCT_OPS.
struct bpf_link_info_struct_ops {
  u32 map_id;  ///< [6.4 out id] the registered map
};

/// Arm of BPF_LINK_TYPE_NETFILTER.
struct bpf_link_info_netfilter {
  u32 pf;        ///< [6.4 out number] protocol family
  u32 hooknum;   ///< [6.4 out number] hook
  s32 priority;  ///< [6.4 out signed] where among the hook's users
  u32 flags;     ///< [6.4 out flags:netfilter] as attached
};

/// Arm of BPF_LINK_TYPE_KPROBE_MULTI.
struct bpf_link_info_kprobe_multi {
  u64 addrs;    ///< [6.6 inout pointer] receives the functions' addresses, 8 bytes each
  u32 count;    ///< [6.6 inout number] how many functions; on entry room at addrs
  u32 flags;    ///< [6.6 out flags:kprobe_multi] as attached
  u64 missed;   ///< [6.7 out number] how often the program was not run
  u64 cookies;  ///< [6.9 inout pointer] receives the cookies, 8 bytes each
};

/// Arm of BPF_LINK_TYPE_UPROBE_MULTI.
struct bpf_link_info_uprobe_multi {
  u64 path;             ///< [6.8 inout pointer] receives the file's path
  u64 offsets;          ///< [6.8 inout pointer] receives the places, 8 bytes each
  u64 ref_ctr_offsets;  ///< [6.8 inout pointer] receives the semaphores' offsets, 8 bytes each
  u64 cookies;          ///< [6.8 inout pointer] receives the cookies, 8 bytes each
  u32 path_size;        ///< [6.8 inout bytes] room at path; afterwards the path's length with its NUL
  u32 count;            ///< [6.8 inout number] how many places; on entry room in the arrays
  u32 flags;            ///< [6.8 out flags:uprobe_multi] as attached
  u32 pid;              ///< [6.8 out number] the process it is limited to
};

/// Arm of BPF_LINK_TYPE_TRACING_MULTI.
struct bpf_link_info_tracing_multi {
  u32 attach_type;  ///< [7.3 out enum:attach_type] fentry, fexit or session
  u32 count;        ///< [7.3 inout number] how many functions; on entry room in the arrays
  u32 btf_obj_id;   ///< [7.3 out id] the BTF that the ids are in
  u32 : 32;
  u64 ids;      ///< [7.3 inout pointer] receives the functions' BTF ids, 4 bytes each
  u64 addrs;    ///< [7.3 inout pointer] receives their addresses, 8 bytes each
  u64 cookies;  ///< [7.3 inout pointer] receives the cookies, 8 bytes each
};

/// A uprobe behind a perf event link.
struct bpf_link_info_perf_uprobe {
  u64 file_name;       ///< [6.6 inout pointer] receives the file's path
  u32 name_len;        ///< [6.6 inout bytes] room there
  u32 offset;          ///< [6.6 out hex] offset in the file
  u64 cookie;          ///< [6.9 out hex] the cookie it was attached with
  u64 ref_ctr_offset;  ///< [6.16 out hex] offset of the USDT semaphore
};

/// A kprobe behind a perf event link.
struct bpf_link_info_perf_kprobe {
  u64 func_name;  ///< [6.6 inout pointer] receives the function's name
  u32 name_len;   ///< [6.6 inout bytes] room there
  u32 offset;     ///< [6.6 out hex] offset in the function
  u64 addr;       ///< [6.6 out hex] its address
  u64 missed;     ///< [6.7 out number] how often the program was not run
  u64 cookie;     ///< [6.9 out hex] the cookie it was attached with
};

/// A tracepoint behind a perf event link.
struct bpf_link_info_perf_tracepoint {
  u64 tp_name;   ///< [6.6 inout pointer] receives the tracepoint's name
  u32 name_len;  ///< [6.6 inout bytes] room there
  u32 : 32;
  u64 cookie;  ///< [6.9 out hex] the cookie it was attached with
};

/// Another event behind a perf event link.
struct bpf_link_info_perf_other {
  u64 config;  ///< [6.6 out hex] perf_event_attr's config
  u32 type;    ///< [6.6 out number] perf_event_attr's type
  u32 : 32;
  u64 cookie;  ///< [6.9 out hex] the cookie it was attached with
};

/// Arm of BPF_LINK_TYPE_PERF_EVENT.
struct bpf_link_info_perf_event {
  u32 type;  ///< [6.6 out number] a bpf_perf_event_type: which of the arms below
  u32 : 32;
  union {
    bpf_link_info_perf_uprobe uprobe;          ///< [6.6 arm] uprobe and uretprobe
    bpf_link_info_perf_kprobe kprobe;          ///< [6.6 arm] kprobe and kretprobe
    bpf_link_info_perf_tracepoint tracepoint;  ///< [6.6 arm] tracepoint
    bpf_link_info_perf_other event;            ///< [6.6 arm] hardware, software and other events
  };
};

/// Arm of BPF_LINK_TYPE_TCX and of BPF_LINK_TYPE_NETKIT.
struct bpf_link_info_device {
  u32 ifindex;      ///< [6.6 out number] the device; 0 after it has gone
  u32 attach_type;  ///< [6.6 out enum:attach_type] which of its hooks
};

/// Arm of BPF_LINK_TYPE_SOCKMAP.
struct bpf_link_info_sockmap {
  u32 map_id;       ///< [6.10 out id] the socket map
  u32 attach_type;  ///< [6.10 out enum:attach_type] which of its hooks
};

/// A link.
struct alignas(8) bpf_link_info {
  u32 type;     ///< [5.8 out enum:link_type] its type, which tells the arm
  u32 id;       ///< [5.8 out id] its id
  u32 prog_id;  ///< [5.8 out id] the program it holds; 0 for struct_ops
  union {
    bpf_link_info_raw_tracepoint raw_tracepoint;  ///< [5.8 arm] raw tracepoints
    bpf_link_info_tracing tracing;                ///< [5.8 arm] fentry, fexit, fmod_ret, freplace, LSM
    bpf_link_info_cgroup cgroup;                  ///< [5.8 arm] cgroups
    bpf_link_info_iter iter;                      ///< [5.10 arm] iterators
    bpf_link_info_netns netns;                    ///< [5.8 arm] network namespaces
    bpf_link_info_xdp xdp;                        ///< [5.9 arm] XDP
    bpf_link_info_struct_ops struct_ops;          ///< [6.4 arm] struct_ops maps
    bpf_link_info_netfilter netfilter;            ///< [6.4 arm] packet filters
    bpf_link_info_kprobe_multi kprobe_multi;      ///< [6.6 arm] many kernel functions
    bpf_link_info_uprobe_multi uprobe_multi;      ///< [6.8 arm] many places of a file
    bpf_link_info_tracing_multi tracing_multi;    ///< [7.3 arm] many functions by BTF id
    bpf_link_info_perf_event perf_event;          ///< [6.6 arm] perf events
    bpf_link_info_device tcx;                     ///< [6.6 arm] device traffic control
    bpf_link_info_device netkit;                  ///< [6.7 arm] netkit devices
    bpf_link_info_sockmap sockmap;                ///< [6.10 arm] socket maps
  };
};

// clang-format on

}  // namespace skep

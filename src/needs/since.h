// The first kernel that has each map type, program type, attach type and flag: the "since" of include/skep/uapi's comments as data. A test holds the two
// to each other.
#pragma once

#include <array>

#include "skep/needs.h"
#include "skep/uapi/flags.h"

namespace skep::needs {

/// One thing and the first kernel that has it.
template <class T>
struct SinceRow {
  T value;
  Release since;
};

/// The first kernel that has `value`; unknown for what is newer than the table.
template <class T, std::size_t N>
constexpr Release since(const std::array<SinceRow<T>, N>& table, T value) {
  for (const SinceRow<T>& row : table) {
    if (row.value == value) {
      return row.since;
    }
  }
  return {};
}

// clang-format off
/// Map types.
inline constexpr auto map_types_since = std::to_array<SinceRow<bpf_map_type>>({
    {BPF_MAP_TYPE_HASH, {3, 19}},
    {BPF_MAP_TYPE_ARRAY, {3, 19}},
    {BPF_MAP_TYPE_PROG_ARRAY, {4, 2}},
    {BPF_MAP_TYPE_PERF_EVENT_ARRAY, {4, 3}},
    {BPF_MAP_TYPE_PERCPU_HASH, {4, 6}},
    {BPF_MAP_TYPE_PERCPU_ARRAY, {4, 6}},
    {BPF_MAP_TYPE_STACK_TRACE, {4, 6}},
    {BPF_MAP_TYPE_CGROUP_ARRAY, {4, 8}},
    {BPF_MAP_TYPE_LRU_HASH, {4, 10}},
    {BPF_MAP_TYPE_LRU_PERCPU_HASH, {4, 10}},
    {BPF_MAP_TYPE_LPM_TRIE, {4, 11}},
    {BPF_MAP_TYPE_ARRAY_OF_MAPS, {4, 12}},
    {BPF_MAP_TYPE_HASH_OF_MAPS, {4, 12}},
    {BPF_MAP_TYPE_DEVMAP, {4, 14}},
    {BPF_MAP_TYPE_SOCKMAP, {4, 14}},
    {BPF_MAP_TYPE_CPUMAP, {4, 15}},
    {BPF_MAP_TYPE_XSKMAP, {4, 18}},
    {BPF_MAP_TYPE_SOCKHASH, {4, 18}},
    {BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED, {4, 19}},
    {BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, {4, 19}},
    {BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED, {4, 20}},
    {BPF_MAP_TYPE_QUEUE, {4, 20}},
    {BPF_MAP_TYPE_STACK, {4, 20}},
    {BPF_MAP_TYPE_SK_STORAGE, {5, 2}},
    {BPF_MAP_TYPE_DEVMAP_HASH, {5, 4}},
    {BPF_MAP_TYPE_STRUCT_OPS, {5, 6}},
    {BPF_MAP_TYPE_RINGBUF, {5, 8}},
    {BPF_MAP_TYPE_INODE_STORAGE, {5, 10}},
    {BPF_MAP_TYPE_TASK_STORAGE, {5, 11}},
    {BPF_MAP_TYPE_BLOOM_FILTER, {5, 16}},
    {BPF_MAP_TYPE_USER_RINGBUF, {6, 1}},
    {BPF_MAP_TYPE_CGRP_STORAGE, {6, 2}},
    {BPF_MAP_TYPE_ARENA, {6, 9}},
    {BPF_MAP_TYPE_INSN_ARRAY, {6, 19}},
    {BPF_MAP_TYPE_RHASH, {7, 2}},
});

/// Program types.
inline constexpr auto program_types_since = std::to_array<SinceRow<bpf_prog_type>>({
    {BPF_PROG_TYPE_SOCKET_FILTER, {3, 19}},
    {BPF_PROG_TYPE_KPROBE, {4, 1}},
    {BPF_PROG_TYPE_SCHED_CLS, {4, 1}},
    {BPF_PROG_TYPE_SCHED_ACT, {4, 1}},
    {BPF_PROG_TYPE_TRACEPOINT, {4, 7}},
    {BPF_PROG_TYPE_XDP, {4, 8}},
    {BPF_PROG_TYPE_PERF_EVENT, {4, 9}},
    {BPF_PROG_TYPE_CGROUP_SKB, {4, 10}},
    {BPF_PROG_TYPE_CGROUP_SOCK, {4, 10}},
    {BPF_PROG_TYPE_LWT_IN, {4, 10}},
    {BPF_PROG_TYPE_LWT_OUT, {4, 10}},
    {BPF_PROG_TYPE_LWT_XMIT, {4, 10}},
    {BPF_PROG_TYPE_SOCK_OPS, {4, 13}},
    {BPF_PROG_TYPE_SK_SKB, {4, 14}},
    {BPF_PROG_TYPE_CGROUP_DEVICE, {4, 15}},
    {BPF_PROG_TYPE_SK_MSG, {4, 17}},
    {BPF_PROG_TYPE_RAW_TRACEPOINT, {4, 17}},
    {BPF_PROG_TYPE_CGROUP_SOCK_ADDR, {4, 17}},
    {BPF_PROG_TYPE_LWT_SEG6LOCAL, {4, 18}},
    {BPF_PROG_TYPE_LIRC_MODE2, {4, 18}},
    {BPF_PROG_TYPE_SK_REUSEPORT, {4, 19}},
    {BPF_PROG_TYPE_FLOW_DISSECTOR, {4, 20}},
    {BPF_PROG_TYPE_CGROUP_SYSCTL, {5, 2}},
    {BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, {5, 2}},
    {BPF_PROG_TYPE_CGROUP_SOCKOPT, {5, 3}},
    {BPF_PROG_TYPE_TRACING, {5, 5}},
    {BPF_PROG_TYPE_STRUCT_OPS, {5, 6}},
    {BPF_PROG_TYPE_EXT, {5, 6}},
    {BPF_PROG_TYPE_LSM, {5, 7}},
    {BPF_PROG_TYPE_SK_LOOKUP, {5, 9}},
    {BPF_PROG_TYPE_SYSCALL, {5, 14}},
    {BPF_PROG_TYPE_NETFILTER, {6, 4}},
});

/// Attach types.
inline constexpr auto attach_types_since = std::to_array<SinceRow<bpf_attach_type>>({
    {BPF_CGROUP_INET_INGRESS, {4, 10}},
    {BPF_CGROUP_INET_EGRESS, {4, 10}},
    {BPF_CGROUP_INET_SOCK_CREATE, {4, 10}},
    {BPF_CGROUP_SOCK_OPS, {4, 13}},
    {BPF_SK_SKB_STREAM_PARSER, {4, 14}},
    {BPF_SK_SKB_STREAM_VERDICT, {4, 14}},
    {BPF_CGROUP_DEVICE, {4, 15}},
    {BPF_SK_MSG_VERDICT, {4, 17}},
    {BPF_CGROUP_INET4_BIND, {4, 17}},
    {BPF_CGROUP_INET6_BIND, {4, 17}},
    {BPF_CGROUP_INET4_CONNECT, {4, 17}},
    {BPF_CGROUP_INET6_CONNECT, {4, 17}},
    {BPF_CGROUP_INET4_POST_BIND, {4, 17}},
    {BPF_CGROUP_INET6_POST_BIND, {4, 17}},
    {BPF_CGROUP_UDP4_SENDMSG, {4, 18}},
    {BPF_CGROUP_UDP6_SENDMSG, {4, 18}},
    {BPF_LIRC_MODE2, {4, 18}},
    {BPF_FLOW_DISSECTOR, {4, 20}},
    {BPF_CGROUP_SYSCTL, {5, 2}},
    {BPF_CGROUP_UDP4_RECVMSG, {5, 2}},
    {BPF_CGROUP_UDP6_RECVMSG, {5, 2}},
    {BPF_CGROUP_GETSOCKOPT, {5, 3}},
    {BPF_CGROUP_SETSOCKOPT, {5, 3}},
    {BPF_TRACE_RAW_TP, {5, 5}},
    {BPF_TRACE_FENTRY, {5, 5}},
    {BPF_TRACE_FEXIT, {5, 5}},
    {BPF_MODIFY_RETURN, {5, 7}},
    {BPF_LSM_MAC, {5, 7}},
    {BPF_TRACE_ITER, {5, 8}},
    {BPF_CGROUP_INET4_GETPEERNAME, {5, 8}},
    {BPF_CGROUP_INET6_GETPEERNAME, {5, 8}},
    {BPF_CGROUP_INET4_GETSOCKNAME, {5, 8}},
    {BPF_CGROUP_INET6_GETSOCKNAME, {5, 8}},
    {BPF_XDP_DEVMAP, {5, 8}},
    {BPF_CGROUP_INET_SOCK_RELEASE, {5, 9}},
    {BPF_XDP_CPUMAP, {5, 9}},
    {BPF_SK_LOOKUP, {5, 9}},
    {BPF_XDP, {5, 9}},
    {BPF_SK_SKB_VERDICT, {5, 13}},
    {BPF_SK_REUSEPORT_SELECT, {5, 14}},
    {BPF_SK_REUSEPORT_SELECT_OR_MIGRATE, {5, 14}},
    {BPF_PERF_EVENT, {5, 15}},
    {BPF_TRACE_KPROBE_MULTI, {5, 18}},
    {BPF_LSM_CGROUP, {6, 0}},
    {BPF_STRUCT_OPS, {6, 4}},
    {BPF_NETFILTER, {6, 4}},
    {BPF_TCX_INGRESS, {6, 6}},
    {BPF_TCX_EGRESS, {6, 6}},
    {BPF_TRACE_UPROBE_MULTI, {6, 6}},
    {BPF_CGROUP_UNIX_CONNECT, {6, 7}},
    {BPF_CGROUP_UNIX_SENDMSG, {6, 7}},
    {BPF_CGROUP_UNIX_RECVMSG, {6, 7}},
    {BPF_CGROUP_UNIX_GETPEERNAME, {6, 7}},
    {BPF_CGROUP_UNIX_GETSOCKNAME, {6, 7}},
    {BPF_NETKIT_PRIMARY, {6, 7}},
    {BPF_NETKIT_PEER, {6, 7}},
    {BPF_TRACE_KPROBE_SESSION, {6, 10}},
    {BPF_TRACE_UPROBE_SESSION, {6, 13}},
    {BPF_TRACE_FSESSION, {7, 0}},
    {BPF_TRACE_FENTRY_MULTI, {7, 2}},
    {BPF_TRACE_FEXIT_MULTI, {7, 2}},
    {BPF_TRACE_FSESSION_MULTI, {7, 2}},
});

/// map_flags of BPF_MAP_CREATE.
inline constexpr auto map_flags_since = std::to_array<SinceRow<u32>>({
    {BPF_F_NO_PREALLOC, {4, 6}},
    {BPF_F_NO_COMMON_LRU, {4, 10}},
    {BPF_F_NUMA_NODE, {4, 14}},
    {BPF_F_RDONLY, {4, 15}},
    {BPF_F_WRONLY, {4, 15}},
    {BPF_F_STACK_BUILD_ID, {4, 17}},
    {BPF_F_ZERO_SEED, {5, 0}},
    {BPF_F_RDONLY_PROG, {5, 2}},
    {BPF_F_WRONLY_PROG, {5, 2}},
    {BPF_F_CLONE, {5, 4}},
    {BPF_F_MMAPABLE, {5, 5}},
    {BPF_F_PRESERVE_ELEMS, {5, 10}},
    {BPF_F_INNER_MAP, {5, 10}},
    {BPF_F_LINK, {6, 4}},
    {BPF_F_PATH_FD, {6, 5}},
    {BPF_F_VTYPE_BTF_OBJ_FD, {6, 9}},
    {BPF_F_TOKEN_FD, {6, 9}},
    {BPF_F_SEGV_ON_FAULT, {6, 9}},
    {BPF_F_NO_USER_CONV, {6, 9}},
    {BPF_F_RB_OVERWRITE, {6, 19}},
});

/// prog_flags of BPF_PROG_LOAD.
inline constexpr auto program_flags_since = std::to_array<SinceRow<u32>>({
    {BPF_F_STRICT_ALIGNMENT, {4, 12}},
    {BPF_F_ANY_ALIGNMENT, {5, 0}},
    {BPF_F_TEST_RND_HI32, {5, 3}},
    {BPF_F_TEST_STATE_FREQ, {5, 4}},
    {BPF_F_SLEEPABLE, {5, 10}},
    {BPF_F_XDP_HAS_FRAGS, {5, 18}},
    {BPF_F_XDP_DEV_BOUND_ONLY, {6, 3}},
    {BPF_F_TEST_REG_INVARIANTS, {6, 8}},
});

// clang-format on

/// First kernels that let programs of a type sleep. Source: the kernel's check of BPF_F_SLEEPABLE at load.
constexpr Release sleepable_since(bpf_prog_type type, bpf_attach_type attach) {
  switch (type) {
    case BPF_PROG_TYPE_SYSCALL: return {5, 14};
    case BPF_PROG_TYPE_KPROBE: return {6, 0};
    case BPF_PROG_TYPE_STRUCT_OPS: return {5, 19};
    case BPF_PROG_TYPE_TRACING: return attach == BPF_TRACE_ITER ? Release{5, 19} : Release{5, 10};
    case BPF_PROG_TYPE_LSM: return {5, 10};
    default: return {7, 1};
  }
}

}  // namespace skep::needs

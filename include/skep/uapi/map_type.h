// Kinds of map: what BPF_MAP_CREATE makes. Complete to Linux 7.3.
#pragma once

#include "skep/uapi/names.h"

namespace skep {

// clang-format off: one enumerator, its comment and its name per line

/// The kind of a map: how keys find values, who may change them, and from where.
enum bpf_map_type : u32 {
  BPF_MAP_TYPE_UNSPEC = 0,                             ///< no map; BPF_MAP_CREATE refuses it
  BPF_MAP_TYPE_HASH = 1,                               ///< any key to any value, by hashing (since 3.19)
  BPF_MAP_TYPE_ARRAY = 2,                              ///< u32 index to value; all entries exist from the start and cannot be deleted (since 3.19)
  BPF_MAP_TYPE_PROG_ARRAY = 3,                         ///< u32 index to program: the targets of tail calls (since 4.2)
  BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,                   ///< u32 index to perf event; the older way to stream data to user space, one buffer per CPU (since 4.3)
  BPF_MAP_TYPE_PERCPU_HASH = 5,                        ///< hash whose value exists once per CPU (since 4.6)
  BPF_MAP_TYPE_PERCPU_ARRAY = 6,                       ///< array whose value exists once per CPU (since 4.6)
  BPF_MAP_TYPE_STACK_TRACE = 7,                        ///< stack id to a list of addresses (since 4.6)
  BPF_MAP_TYPE_CGROUP_ARRAY = 8,                       ///< u32 index to cgroup, to test whether a task or packet belongs to it (since 4.8)
  BPF_MAP_TYPE_LRU_HASH = 9,                           ///< hash that evicts entries unused for long when it is full (since 4.10)
  BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,                   ///< as LRU_HASH, value once per CPU (since 4.10)
  BPF_MAP_TYPE_LPM_TRIE = 11,                          ///< longest matching prefix: routes, address ranges (since 4.11)
  BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,                     ///< u32 index to another map, all of one shape (since 4.12)
  BPF_MAP_TYPE_HASH_OF_MAPS = 13,                      ///< key to another map, all of one shape (since 4.12)
  BPF_MAP_TYPE_DEVMAP = 14,                            ///< u32 index to network device, for XDP redirection (since 4.14)
  BPF_MAP_TYPE_SOCKMAP = 15,                           ///< u32 index to socket, for redirection between sockets (since 4.14)
  BPF_MAP_TYPE_CPUMAP = 16,                            ///< u32 index to CPU: moves XDP packets there (since 4.15)
  BPF_MAP_TYPE_XSKMAP = 17,                            ///< u32 index to AF_XDP socket (since 4.18)
  BPF_MAP_TYPE_SOCKHASH = 18,                          ///< key to socket, as SOCKMAP (since 4.18)
  BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED = 19,         ///< one value per cgroup and attach type, made when a program attaches; CGRP_STORAGE replaces it (since 4.19)
  BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20,               ///< u32 index to socket of a SO_REUSEPORT group (since 4.19)
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED = 21,  ///< as CGROUP_STORAGE, value once per CPU (since 4.20)
  BPF_MAP_TYPE_QUEUE = 22,                             ///< first in, first out; no keys (since 4.20)
  BPF_MAP_TYPE_STACK = 23,                             ///< last in, first out; no keys (since 4.20)
  BPF_MAP_TYPE_SK_STORAGE = 24,                        ///< one value per socket, living as long as it (since 5.2)
  BPF_MAP_TYPE_DEVMAP_HASH = 25,                       ///< key to network device, for sparse interface numbers (since 5.4)
  BPF_MAP_TYPE_STRUCT_OPS = 26,                        ///< a table of functions that the kernel calls, implemented by programs (since 5.6)
  BPF_MAP_TYPE_RINGBUF = 27,                           ///< one ring shared by all CPUs, read by user space; keeps the order of events (since 5.8)
  BPF_MAP_TYPE_INODE_STORAGE = 28,                     ///< one value per inode, living as long as it (since 5.10)
  BPF_MAP_TYPE_TASK_STORAGE = 29,                      ///< one value per task, living as long as it (since 5.11)
  BPF_MAP_TYPE_BLOOM_FILTER = 30,                      ///< set that answers "perhaps" or "surely not"; no keys (since 5.16)
  BPF_MAP_TYPE_USER_RINGBUF = 31,                      ///< ring written by user space and drained by programs (since 6.1)
  BPF_MAP_TYPE_CGRP_STORAGE = 32,                      ///< one value per cgroup, living as long as it (since 6.2)
  BPF_MAP_TYPE_ARENA = 33,                             ///< sparse memory shared by programs and user space, with pointers valid in both (since 6.9)
  BPF_MAP_TYPE_INSN_ARRAY = 34,                        ///< u32 index to an instruction of a program: jump tables, and where an instruction went (since 6.19)
  BPF_MAP_TYPE_RHASH = 35,                             ///< hash that grows with its contents (since 7.2)
  BPF_MAP_TYPE_CGROUP_STORAGE = BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED,  ///< the name it has in newer headers
  BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE = BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED,  ///< the name it has in newer headers
};

/// bpf_map_type and the short names that libbpf and bpftool use.
inline constexpr auto map_type_names = std::to_array<NameRow<bpf_map_type>>({
    {BPF_MAP_TYPE_UNSPEC,                           "unspec"},
    {BPF_MAP_TYPE_HASH,                             "hash"},
    {BPF_MAP_TYPE_ARRAY,                            "array"},
    {BPF_MAP_TYPE_PROG_ARRAY,                       "prog_array"},
    {BPF_MAP_TYPE_PERF_EVENT_ARRAY,                 "perf_event_array"},
    {BPF_MAP_TYPE_PERCPU_HASH,                      "percpu_hash"},
    {BPF_MAP_TYPE_PERCPU_ARRAY,                     "percpu_array"},
    {BPF_MAP_TYPE_STACK_TRACE,                      "stack_trace"},
    {BPF_MAP_TYPE_CGROUP_ARRAY,                     "cgroup_array"},
    {BPF_MAP_TYPE_LRU_HASH,                         "lru_hash"},
    {BPF_MAP_TYPE_LRU_PERCPU_HASH,                  "lru_percpu_hash"},
    {BPF_MAP_TYPE_LPM_TRIE,                         "lpm_trie"},
    {BPF_MAP_TYPE_ARRAY_OF_MAPS,                    "array_of_maps"},
    {BPF_MAP_TYPE_HASH_OF_MAPS,                     "hash_of_maps"},
    {BPF_MAP_TYPE_DEVMAP,                           "devmap"},
    {BPF_MAP_TYPE_SOCKMAP,                          "sockmap"},
    {BPF_MAP_TYPE_CPUMAP,                           "cpumap"},
    {BPF_MAP_TYPE_XSKMAP,                           "xskmap"},
    {BPF_MAP_TYPE_SOCKHASH,                         "sockhash"},
    {BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED,        "cgroup_storage"},
    {BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,              "reuseport_sockarray"},
    {BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED, "percpu_cgroup_storage"},
    {BPF_MAP_TYPE_QUEUE,                            "queue"},
    {BPF_MAP_TYPE_STACK,                            "stack"},
    {BPF_MAP_TYPE_SK_STORAGE,                       "sk_storage"},
    {BPF_MAP_TYPE_DEVMAP_HASH,                      "devmap_hash"},
    {BPF_MAP_TYPE_STRUCT_OPS,                       "struct_ops"},
    {BPF_MAP_TYPE_RINGBUF,                          "ringbuf"},
    {BPF_MAP_TYPE_INODE_STORAGE,                    "inode_storage"},
    {BPF_MAP_TYPE_TASK_STORAGE,                     "task_storage"},
    {BPF_MAP_TYPE_BLOOM_FILTER,                     "bloom_filter"},
    {BPF_MAP_TYPE_USER_RINGBUF,                     "user_ringbuf"},
    {BPF_MAP_TYPE_CGRP_STORAGE,                     "cgrp_storage"},
    {BPF_MAP_TYPE_ARENA,                            "arena"},
    {BPF_MAP_TYPE_INSN_ARRAY,                       "insn_array"},
    {BPF_MAP_TYPE_RHASH,                            "rhash"},
});
static_assert(names_are_unique(map_type_names));

// clang-format on

/// The short name of `value`, or an empty text for what is newer than this table.
constexpr std::string_view name_of(bpf_map_type value) {
  return name_of(map_type_names, value);
}

/// The bpf_map_type called `name`, or nothing.
constexpr std::optional<bpf_map_type> map_type_from_name(std::string_view name) {
  return from_name(map_type_names, name);
}

}  // namespace skep

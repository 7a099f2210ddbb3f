// The arms of `union bpf_attr` for maps: creating one, one element, many elements.
// The notes behind the fields follow the grammar that docs and `skep explain` are generated from; see tools/gen_attr_fields.
#pragma once

#include "skep/types.h"

namespace skep {

// clang-format off: one field and its note per line

/// Longest name of a map or program in the kernel, with its NUL.
inline constexpr u32 BPF_OBJ_NAME_LEN = 16;

/// The shape of a new map. The kernel checks it against the map's type: a hash wants a key and a value, a queue has no key, a ring buffer has
/// neither and takes `max_entries` as its size in bytes. What does not apply to a type must be zero.
/// Rights: CAP_BPF for most types; CAP_NET_ADMIN as well for device, CPU, XSK and socket maps; none for hash, array and the like while
///   kernel.unprivileged_bpf_disabled is 0. A token can stand in for both.
/// Error EPERM: a right is missing, or (before Linux 5.11) the memory would exceed RLIMIT_MEMLOCK.
/// Error EINVAL: the type is unknown to this kernel, a size is 0 or not the one size this type takes, a flag is unknown or does not go with the
///   type, or a field of a later kernel is not zero.
/// Error E2BIG: the map would be larger than the kernel can address, or the attributes are longer than the kernel knows and not zero there.
/// Error ENOMEM: no memory, or the cgroup's memory limit.
/// Error EBADF: inner_map_fd, btf_fd or map_token_fd is not a descriptor of the right kind.
/// Error ENOTSUPP: btf_fd was given for a map whose type cannot carry BTF.
struct bpf_attr_map_create {
  u32 map_type;                     ///< [3.18 in enum:map_type] what kind of map: how keys are found and what values are
  u32 key_size;                     ///< [3.18 in bytes] size of a key; 0 for maps without keys (queue, stack, ring buffer, bloom filter)
  u32 value_size;                   ///< [3.18 in bytes] size of a value; of one processor's copy in per-CPU maps; 4 (a descriptor or id) in maps of maps, programs and sockets
  u32 max_entries;                  ///< [3.18 in number] how many elements fit; a ring buffer's size in bytes (a power of two, whole pages)
  u32 map_flags;                    ///< [4.6 in flags:map_create] variations: no preallocation, NUMA node, who may read or write, memory mappable
  u32 inner_map_fd;                 ///< [4.12 in fd0] map-in-map only: a map that every later value has to resemble; only its shape is kept
  u32 numa_node;                    ///< [4.14 in number] the NUMA node to allocate on, when BPF_F_NUMA_NODE is set
  char map_name[BPF_OBJ_NAME_LEN];  ///< [4.15 in name] a debugging aid shown by tools: at most 15 letters, digits, '_' or '.'; need not be unique
  u32 map_ifindex;                  ///< [4.16 in number] the network device to offload the map to; 0: none
  u32 btf_fd;                       ///< [4.18 in fd0] the BTF that describes key and value; needed for spin locks, timers, kptrs and printing
  u32 btf_key_type_id;              ///< [4.18 in id] the key's type in that BTF; its size must be key_size
  u32 btf_value_type_id;            ///< [4.18 in id] the value's type in that BTF; its size must be value_size
  u32 btf_vmlinux_value_type_id;    ///< [5.6 in id] struct_ops only: the kernel type bpf_struct_ops_NAME that the value mirrors
  u64 map_extra;                    ///< [5.16 in hex] bloom filter: number of hash functions (low 4 bits); arena: the user address to map at
  s32 value_type_btf_obj_fd;        ///< [6.9 in fd] struct_ops of a module: the module's BTF, when BPF_F_VTYPE_BTF_OBJ_FD is set
  s32 map_token_fd;                 ///< [6.9 in fd] a BPF token whose rights the call uses, when BPF_F_TOKEN_FD is set
  u64 excl_prog_hash;               ///< [6.18 in pointer] SHA-256 of the only program that may use the map
  u32 excl_prog_hash_size;          ///< [6.18 in bytes] length of that hash: 32, or 0 for a map that any program may use
};

/// One element of a map: look up, update, delete, step to the next key. BPF_MAP_FREEZE uses the descriptor alone.
/// Rights: the descriptor must have been opened for reading (look up, next key) or writing (update, delete); before Linux 5.19 also CAP_BPF
///   (CAP_SYS_ADMIN before 5.8) where kernel.unprivileged_bpf_disabled is set.
/// Error EBADF: map_fd is not a map.
/// Error EPERM: the map is frozen, was made BPF_F_RDONLY or BPF_F_WRONLY, or the descriptor was opened the other way.
/// Error ENOENT: no such element; for BPF_MAP_GET_NEXT_KEY: that was the last key.
/// Error EEXIST: BPF_NOEXIST was asked and the element exists.
/// Error E2BIG: the map is full; in arrays: the index is past the end.
/// Error EINVAL: an unknown flag, or one that the map does not take (BPF_F_LOCK without a spin lock in the value); an array's element cannot be
///   deleted.
/// Error ENOTSUPP: this type of map lacks the operation.
/// Error EBUSY: BPF_MAP_FREEZE while the map is mapped writable, or frozen already; hash update interrupted by a tracing program.
/// Error ERANGE: BPF_F_CPU names a processor that is not possible.
/// Error EFAULT: key or value points at memory that the caller does not have.
struct bpf_attr_map_elem {
  u32 map_fd;  ///< [3.18 in fd] the map
  u64 key;     ///< [3.18 in pointer @BPF_MAP_LOOKUP_ELEM,BPF_MAP_UPDATE_ELEM,BPF_MAP_DELETE_ELEM,BPF_MAP_GET_NEXT_KEY,BPF_MAP_LOOKUP_AND_DELETE_ELEM] key_size bytes: the element's key; null for maps without keys, and for the first key when stepping (since 4.12)
  union {
    u64 value;     ///< [3.18 inout pointer @BPF_MAP_LOOKUP_ELEM,BPF_MAP_UPDATE_ELEM,BPF_MAP_LOOKUP_AND_DELETE_ELEM] value_size bytes, read by updates and written by look-ups; in per-CPU maps one copy per possible processor, each rounded up to 8 bytes
    u64 next_key;  ///< [3.18 out pointer @BPF_MAP_GET_NEXT_KEY] key_size bytes that receive the key after `key`
  };
  u64 flags;  ///< [3.18 in flags:map_elem @BPF_MAP_LOOKUP_ELEM,BPF_MAP_UPDATE_ELEM,BPF_MAP_LOOKUP_AND_DELETE_ELEM] update: any, only new or only existing elements; BPF_F_LOCK (5.1) holds the value's spin lock; BPF_F_CPU (7.0) names one processor in the upper 32 bits
};

/// Many elements of a map in one call. A walk passes the cursor that the previous call wrote, until the call answers ENOENT.
/// Rights: as for one element.
/// Error ENOENT: the walk is at its end; count tells how many elements this last call still gave.
/// Error ENOSPC: one hash bucket holds more elements than fit in `count`: come again with room for more.
/// Error EFAULT: a buffer is not the caller's memory; count is not to be trusted then.
/// Error ENOTSUPP: this type of map has no batch commands.
/// Error EINVAL: an unknown flag.
struct bpf_attr_batch {
  u64 in_batch;    ///< [5.6 in pointer @BPF_MAP_LOOKUP_BATCH,BPF_MAP_LOOKUP_AND_DELETE_BATCH] the cursor to go on from; null starts at the beginning
  u64 out_batch;   ///< [5.6 out pointer @BPF_MAP_LOOKUP_BATCH,BPF_MAP_LOOKUP_AND_DELETE_BATCH] receives the cursor for the next call: at least 4 bytes for hashes, key_size bytes for others
  u64 keys;        ///< [5.6 inout pointer] count keys one after another
  u64 values;      ///< [5.6 inout pointer @BPF_MAP_LOOKUP_BATCH,BPF_MAP_LOOKUP_AND_DELETE_BATCH,BPF_MAP_UPDATE_BATCH] count values one after another, laid out as for one element
  u32 count;       ///< [5.6 inout number] how many elements the buffers hold; afterwards how many were done
  u32 map_fd;      ///< [5.6 in fd] the map
  u64 elem_flags;  ///< [5.6 in flags:map_elem] flags for each element, as in the command for one element
  u64 flags;       ///< [5.6 in hex] flags for the whole call: none exist, must be 0
};

// clang-format on

}  // namespace skep

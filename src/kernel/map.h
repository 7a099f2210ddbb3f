// Maps: create, one element at a time, freeze. Many elements at a time: map_batch.h. Memory-mapped maps: memory.h.
#pragma once

#include "kernel/call.h"
#include "skep/uapi/map_type.h"

namespace skep::kernel {

/// A log for a command that has none of its own fields for it: passed beside the attributes as a bpf_common_attr.
struct CommonLog {
  std::span<char> buffer;  ///< receives the text; empty: no log
  u32 level = 0;           ///< as in BPF_PROG_LOAD
  u32 true_bytes = 0;      ///< out: how large the log would have been
};

/// Parameters of BPF_MAP_CREATE (skep/uapi/attr_map.h says what each field means to the kernel).
struct MapCreate {
  bpf_map_type type{};
  u32 key_bytes = 0;      ///< 0 only for maps without keys (queue, stack, ring buffer, bloom filter)
  u32 value_bytes = 0;    ///< per processor in per-CPU maps
  u32 max_entries = 0;    ///< a ring buffer's size in bytes
  u32 flags = 0;          ///< BPF_F_*; unknown ones are EINVAL
  std::string_view name;  ///< cut to 15 bytes; leave empty before Linux 4.15
  int inner_map_fd = -1;  ///< map-in-map: a map of the shape that the values will have
  u32 numa_node = 0;      ///< with BPF_F_NUMA_NODE
  u32 ifindex = 0;        ///< offload to this device
  int btf_fd = -1;        ///< the BTF of the two types below
  u32 btf_key_type_id = 0;
  u32 btf_value_type_id = 0;
  u32 btf_vmlinux_value_type_id = 0;  ///< struct_ops
  u64 map_extra = 0;                  ///< bloom filter: hash functions; arena: address
  int value_type_btf_obj_fd = -1;     ///< struct_ops of a module; with BPF_F_VTYPE_BTF_OBJ_FD
  int token_fd = -1;                  ///< with BPF_F_TOKEN_FD
  std::span<const std::byte>
      exclusive_program_hash;  ///< SHA-256 of the only program that may use the map (6.18)
};

/// The attributes of BPF_MAP_CREATE for `want`; pointers in them borrow from it.
inline bpf_attr_map_create map_create_attr(const MapCreate& want) {
  auto attr = zeroed<bpf_attr_map_create>();
  attr.map_type = want.type;
  attr.key_size = want.key_bytes;
  attr.value_size = want.value_bytes;
  attr.max_entries = want.max_entries;
  attr.map_flags = want.flags;
  attr.inner_map_fd = want.inner_map_fd >= 0 ? static_cast<u32>(want.inner_map_fd) : 0;
  attr.numa_node = want.numa_node;
  copy_name(attr.map_name, want.name);
  attr.map_ifindex = want.ifindex;
  attr.btf_fd = want.btf_fd >= 0 ? static_cast<u32>(want.btf_fd) : 0;
  attr.btf_key_type_id = want.btf_key_type_id;
  attr.btf_value_type_id = want.btf_value_type_id;
  attr.btf_vmlinux_value_type_id = want.btf_vmlinux_value_type_id;
  attr.map_extra = want.map_extra;
  attr.value_type_btf_obj_fd = want.value_type_btf_obj_fd >= 0 ? want.value_type_btf_obj_fd : 0;
  attr.map_token_fd = want.token_fd >= 0 ? want.token_fd : 0;
  attr.excl_prog_hash = address_of(want.exclusive_program_hash.data());
  attr.excl_prog_hash_size = static_cast<u32>(want.exclusive_program_hash.size());
  return attr;
}

/// Creates a map and returns its descriptor (close-on-exec). `log`, if given, receives the kernel's reasons (Linux 7.2; EINVAL before).
/// Errors: denied (EPERM), kernel (EINVAL: sizes or flags; E2BIG: too large; ENOMEM).
inline Result<Fd> map_create(Kernel& kernel, const MapCreate& want, CommonLog* log = nullptr) {
  bpf_attr_map_create attr = map_create_attr(want);
  const auto subject = [&] { return cat("create map '", want.name, "'"); };
  constexpr u32 bytes = SKEP_ATTR_END(map_create, excl_prog_hash_size);
  if (log == nullptr) {
    return descriptor(kernel.bpf(BPF_MAP_CREATE, &attr, bytes), subject);
  }
  auto common = zeroed<bpf_common_attr>();
  common.log_buf = address_of(log->buffer.data());
  common.log_size = static_cast<u32>(log->buffer.size());
  common.log_level = log->level;
  auto fd = descriptor(kernel.bpf_common(BPF_MAP_CREATE, &attr, bytes, &common, sizeof common), subject);
  log->true_bytes = common.log_true_size;
  return fd;
}

/// One element, for the four commands below. `key` and `value` must be as long as the map's sizes say (values of per-CPU maps: one copy per
/// possible processor, each rounded up to 8 bytes); the kernel does not ask how long they are.
struct MapElement {
  int map_fd = -1;
  const void* key = nullptr;  ///< null for maps without keys
  u64 flags = 0;              ///< BPF_ANY, BPF_NOEXIST, BPF_EXIST, BPF_F_LOCK, ...
};

inline bpf_attr_map_elem map_elem_attr(const MapElement& at, const void* value) {
  auto attr = zeroed<bpf_attr_map_elem>();
  attr.map_fd = static_cast<u32>(at.map_fd);
  attr.key = address_of(at.key);
  attr.value = address_of(value);
  attr.flags = at.flags;
  return attr;
}

/// BPF_MAP_LOOKUP_ELEM: copies the element's value to `value`. Errors: not_found (no such element), denied, kernel.
inline Result<void> map_lookup(Kernel& kernel, const MapElement& at, void* value) {
  auto attr = map_elem_attr(at, value);
  return done(kernel.bpf(BPF_MAP_LOOKUP_ELEM, &attr, SKEP_ATTR_END(map_elem, flags)),
              "look up a map element");
}

/// BPF_MAP_LOOKUP_AND_DELETE_ELEM: copies and removes in one step; the pop of queue and stack maps (4.20), hashes since 5.14.
/// Errors: not_found (no such element; the queue is empty), denied, kernel.
inline Result<void> map_lookup_and_delete(Kernel& kernel, const MapElement& at, void* value) {
  auto attr = map_elem_attr(at, value);
  return done(kernel.bpf(BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attr, SKEP_ATTR_END(map_elem, flags)),
              "take out a map element");
}

/// BPF_MAP_UPDATE_ELEM: writes the element. Errors: not_found (BPF_EXIST and there is none), denied (frozen, read-only), busy, kernel (EEXIST;
/// E2BIG: full, or past an array's end).
inline Result<void> map_update(Kernel& kernel, const MapElement& at, const void* value) {
  auto attr = map_elem_attr(at, value);
  return done(kernel.bpf(BPF_MAP_UPDATE_ELEM, &attr, SKEP_ATTR_END(map_elem, flags)), "update a map element");
}

/// BPF_MAP_DELETE_ELEM: removes the element. Errors: not_found, denied, kernel (EINVAL: arrays cannot delete).
inline Result<void> map_delete(Kernel& kernel, const MapElement& at) {
  auto attr = map_elem_attr(at, nullptr);
  return done(kernel.bpf(BPF_MAP_DELETE_ELEM, &attr, SKEP_ATTR_END(map_elem, key)), "delete a map element");
}

/// BPF_MAP_GET_NEXT_KEY: writes the key after `key` to `next_key`; a null `key` asks for the first. False: `key` was the last. A hash that is changed
/// meanwhile may start again from the beginning. Errors: denied, kernel.
inline Result<bool> map_next_key(Kernel& kernel, int map_fd, const void* key, void* next_key) {
  auto attr = map_elem_attr({.map_fd = map_fd, .key = key}, nullptr);
  attr.next_key = address_of(next_key);
  const int raw = kernel.bpf(BPF_MAP_GET_NEXT_KEY, &attr, SKEP_ATTR_END(map_elem, next_key));
  if (raw == -ENOENT) {
    return false;
  }
  SKEP_CHECK(answer(raw, "step to the next map key"));
  return true;
}

/// BPF_MAP_FREEZE: no more writes from user space; programs made BPF_F_RDONLY_PROG maps constant for the verifier. Errors: busy (mapped
/// writable, or frozen already), denied, kernel.
inline Result<void> map_freeze(Kernel& kernel, int map_fd) {
  auto attr = map_elem_attr({.map_fd = map_fd}, nullptr);
  return done(kernel.bpf(BPF_MAP_FREEZE, &attr, SKEP_ATTR_END(map_elem, map_fd)), "freeze a map");
}

}  // namespace skep::kernel

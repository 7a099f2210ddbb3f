// FakeKernel's elements, ids and descriptions.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "kernel/fake_model.h"
#include "skep/uapi/flags.h"
#include "skep/uapi/info.h"
#include "skep/uapi/info_link.h"

namespace skep::kernel {

namespace {

/// Copies as much of `from` as the caller has room for, and tells how much that is.
template <class Info>
int give_info(bpf_attr_info& attr, const Info& from) {
  attr.info_len = std::min<u32>(attr.info_len, sizeof from);
  std::memcpy(pointer(attr.info), &from, attr.info_len);
  return 0;
}

int from_io(ssize_t moved) {
  return moved < 0 ? -errno : 0;
}

}  // namespace

int FakeKernel::element(bpf_cmd cmd, const bpf_attr_map_elem& attr) {
  const auto map = find_map(static_cast<int>(attr.map_fd));
  if (!map) {
    return -EBADF;
  }
  if (cmd == BPF_MAP_FREEZE) {
    return std::exchange(map->frozen, true) ? -EBUSY : 0;
  }
  if (map->frozen && (cmd == BPF_MAP_UPDATE_ELEM || cmd == BPF_MAP_DELETE_ELEM)) {
    return -EPERM;
  }
  if (cmd == BPF_MAP_GET_NEXT_KEY) {
    return next_key(*map, attr);
  }
  if (map->is_array()) {
    return array_element(cmd, *map, attr);
  }
  const auto* key_at = static_cast<const std::byte*>(pointer(attr.key));
  Bytes key(key_at, key_at + (key_at != nullptr ? map->map.key_size : 0));
  const auto found = map->elements.find(key);
  const bool exists = found != map->elements.end();
  if (cmd == BPF_MAP_UPDATE_ELEM) {
    if (exists ? attr.flags == BPF_NOEXIST : attr.flags == BPF_EXIST) {
      return exists ? -EEXIST : -ENOENT;
    }
    if (!exists && map->elements.size() >= map->map.max_entries) {
      return -E2BIG;
    }
    const auto* value_at = static_cast<const std::byte*>(pointer(attr.value));
    map->elements[std::move(key)] = Bytes(value_at, value_at + map->value_bytes());
    return 0;
  }
  if (!exists) {
    return -ENOENT;
  }
  if (cmd != BPF_MAP_DELETE_ELEM) {
    std::memcpy(pointer(attr.value), found->second.data(), found->second.size());
  }
  if (cmd != BPF_MAP_LOOKUP_ELEM) {
    map->elements.erase(found);
  }
  return 0;
}

int FakeKernel::array_element(bpf_cmd cmd, const Object& map, const bpf_attr_map_elem& attr) {
  u32 index = 0;
  std::memcpy(&index, pointer(attr.key), sizeof index);
  const int fd = static_cast<int>(attr.map_fd);
  const std::size_t bytes = map.value_bytes();
  const auto offset = static_cast<off_t>((bytes + 7) / 8 * 8 * index);
  switch (cmd) {
    case BPF_MAP_UPDATE_ELEM:
      if (attr.flags == BPF_NOEXIST) {
        return -EEXIST;
      }
      return index >= map.map.max_entries ? -E2BIG
                                          : from_io(::pwrite(fd, pointer(attr.value), bytes, offset));
    case BPF_MAP_LOOKUP_ELEM:
      return index >= map.map.max_entries ? -ENOENT
                                          : from_io(::pread(fd, pointer(attr.value), bytes, offset));
    default: return -EINVAL;
  }
}

int FakeKernel::next_key(const Object& map, const bpf_attr_map_elem& attr) {
  const auto* after = static_cast<const std::byte*>(pointer(attr.key));
  if (map.is_array()) {
    u32 index = 0;
    if (after != nullptr) {
      std::memcpy(&index, after, sizeof index);
      index = index < map.map.max_entries ? index + 1 : 0;
    }
    if (index >= map.map.max_entries) {
      return -ENOENT;
    }
    std::memcpy(pointer(attr.next_key), &index, sizeof index);
    return 0;
  }
  auto next = map.elements.begin();
  if (after != nullptr) {
    // A key that has gone starts the walk again, as in Linux.
    const auto found = map.elements.find(Bytes(after, after + map.map.key_size));
    next = found == map.elements.end() ? next : std::next(found);
  }
  if (next == map.elements.end()) {
    return -ENOENT;
  }
  std::memcpy(pointer(attr.next_key), next->first.data(), next->first.size());
  return 0;
}

int FakeKernel::batch(bpf_cmd cmd, bpf_attr_batch& attr) {
  const auto map = find_map(static_cast<int>(attr.map_fd));
  if (!map) {
    return -EBADF;
  }
  const u32 room = std::exchange(attr.count, 0);
  const bool is_lookup = cmd == BPF_MAP_LOOKUP_BATCH || cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH;
  auto* key = static_cast<std::byte*>(pointer(attr.keys));
  auto* value = static_cast<std::byte*>(pointer(attr.values));
  bpf_attr_map_elem one{};
  one.map_fd = attr.map_fd;
  one.flags = attr.elem_flags;
  Bytes cursor(map->map.key_size);
  if (is_lookup && attr.in_batch != 0) {
    std::memcpy(cursor.data(), pointer(attr.in_batch), cursor.size());
    one.key = reinterpret_cast<std::uintptr_t>(cursor.data());
  }
  for (; attr.count < room; ++attr.count) {
    if (is_lookup) {
      one.next_key = reinterpret_cast<std::uintptr_t>(key);
      if (const int end = next_key(*map, one); end < 0) {
        return end;
      }
      std::memcpy(cursor.data(), key, cursor.size());
    }
    one.key = reinterpret_cast<std::uintptr_t>(key);
    one.value = reinterpret_cast<std::uintptr_t>(value);
    const bpf_cmd single = is_lookup                     ? BPF_MAP_LOOKUP_ELEM
                           : cmd == BPF_MAP_UPDATE_BATCH ? BPF_MAP_UPDATE_ELEM
                                                         : BPF_MAP_DELETE_ELEM;
    if (const int failed = element(single, one); failed < 0) {
      return failed;
    }
    one.key = reinterpret_cast<std::uintptr_t>(cursor.data());
    key += map->map.key_size;
    value += value != nullptr ? map->value_bytes() : 0;
  }
  if (is_lookup) {
    std::memcpy(pointer(attr.out_batch), cursor.data(), cursor.size());
  }
  return 0;
}

int FakeKernel::map_info(const Object& map, bpf_attr_info& attr) {
  bpf_map_info info{};
  info.type = map.map.map_type;
  info.id = map.id;
  info.key_size = map.map.key_size;
  info.value_size = map.map.value_size;
  info.max_entries = map.map.max_entries;
  info.map_flags = map.map.map_flags;
  std::memcpy(info.name, map.map.map_name, sizeof info.name);
  info.btf_key_type_id = map.map.btf_key_type_id;
  info.btf_value_type_id = map.map.btf_value_type_id;
  info.map_extra = map.map.map_extra;
  info.btf_id = map.btf_id;
  return give_info(attr, info);
}

int FakeKernel::prog_info(const Object& prog, bpf_attr_info& attr) {
  bpf_prog_info info{};
  bpf_prog_info asked{};
  std::memcpy(&asked, pointer(attr.info), std::min<std::size_t>(attr.info_len, sizeof asked));
  info.nr_map_ids = static_cast<u32>(prog.map_ids.size());
  info.map_ids = asked.map_ids;
  if (asked.map_ids != 0) {
    std::copy_n(prog.map_ids.begin(), std::min<std::size_t>(asked.nr_map_ids, prog.map_ids.size()),
                static_cast<u32*>(pointer(asked.map_ids)));
  }
  info.type = prog.prog.prog_type;
  info.id = prog.id;
  info.xlated_prog_len = prog.prog.insn_cnt * u32{sizeof(bpf_insn)};
  std::memcpy(info.name, prog.prog.prog_name, sizeof info.name);
  info.gpl_compatible = 1;
  info.btf_id = prog.btf_id;
  info.verified_insns = prog.prog.insn_cnt;
  return give_info(attr, info);
}

int FakeKernel::info(bpf_attr_info& attr) {
  const auto object = find(static_cast<int>(attr.bpf_fd));
  if (!object) {
    return -EBADF;
  }
  switch (object->kind) {
    case ObjectKind::map: return map_info(*object, attr);
    case ObjectKind::prog: return prog_info(*object, attr);
    case ObjectKind::btf: {
      bpf_btf_info info{};
      std::memcpy(&info, pointer(attr.info), std::min<std::size_t>(attr.info_len, sizeof info));
      if (info.btf != 0) {
        std::memcpy(pointer(info.btf), object->btf.data(),
                    std::min<std::size_t>(info.btf_size, object->btf.size()));
      }
      info.btf_size = static_cast<u32>(object->btf.size());
      info.id = object->id;
      if (info.name != 0 && info.name_len > object->module.size()) {
        std::memcpy(pointer(info.name), object->module.c_str(), object->module.size() + 1);
      }
      info.name_len = static_cast<u32>(object->module.size());
      info.kernel_btf = object->module.empty() ? 0 : 1;
      return give_info(attr, info);
    }
    case ObjectKind::link: {
      bpf_link_info info{};
      info.type = BPF_LINK_TYPE_TRACING;
      info.id = object->id;
      info.prog_id = object->link_prog_id;
      info.tracing.attach_type = object->link.attach_type;
      return give_info(attr, info);
    }
    case ObjectKind::other: return -EINVAL;
  }
  return -EINVAL;
}

}  // namespace skep::kernel

#include "kernel/fake_model.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <span>

#include "kernel/memory.h"

namespace skep::kernel {

namespace {

bool is_per_cpu(u32 type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

}  // namespace

FakeKernel::ObjectKind FakeKernel::kind_of(bpf_cmd cmd) {
  switch (cmd) {
    case BPF_PROG_GET_NEXT_ID:
    case BPF_PROG_GET_FD_BY_ID: return ObjectKind::prog;
    case BPF_MAP_GET_NEXT_ID:
    case BPF_MAP_GET_FD_BY_ID: return ObjectKind::map;
    case BPF_BTF_GET_NEXT_ID:
    case BPF_BTF_GET_FD_BY_ID: return ObjectKind::btf;
    case BPF_LINK_GET_NEXT_ID:
    case BPF_LINK_GET_FD_BY_ID: return ObjectKind::link;
    default: return ObjectKind::other;
  }
}

std::string_view FakeKernel::link_text(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::map: return "anon_inode:bpf-map";
    case ObjectKind::prog: return "anon_inode:bpf-prog";
    case ObjectKind::btf: return "anon_inode:btf";
    case ObjectKind::link: return "anon_inode:bpf_link";
    case ObjectKind::other: break;
  }
  return "anon_inode:other";
}

std::size_t FakeKernel::Object::value_bytes() const {
  const std::size_t one = map.value_size;
  return is_per_cpu(map.map_type) ? (one + 7) / 8 * 8 * processors : one;
}

int FakeKernel::add(std::shared_ptr<Object> object) {
  int fd = ::memfd_create("skep-fake", MFD_CLOEXEC);
  if (fd >= 0 && fd < 3) {
    const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    ::close(fd);
    fd = moved;
  }
  struct stat facts{};
  if (fd < 0 || ::fstat(fd, &facts) < 0) {
    return -errno;
  }
  if (object->storage_fd_bytes != 0 && ::ftruncate(fd, static_cast<off_t>(object->storage_fd_bytes)) < 0) {
    ::close(fd);
    return -ENOMEM;
  }
  object->id = ++last_id_;
  objects_[facts.st_ino] = std::move(object);
  return fd;
}

std::shared_ptr<FakeKernel::Object> FakeKernel::find(int fd) {
  struct stat facts{};
  if (::fstat(fd, &facts) < 0) {
    return nullptr;
  }
  const auto found = objects_.find(facts.st_ino);
  if (found == objects_.end()) {
    return nullptr;
  }
  return found->second;
}

std::shared_ptr<FakeKernel::Object> FakeKernel::find_map(int fd) {
  auto object = find(fd);
  return object && object->kind == ObjectKind::map ? object : nullptr;
}

u32 FakeKernel::add_module(std::string name) {
  const std::lock_guard lock(mutex_);
  const int fd = add(std::make_shared<Object>(Object{.kind = ObjectKind::btf, .module = std::move(name)}));
  modules_.push_back(fd);
  return last_id_;
}

int FakeKernel::model(bpf_cmd cmd, bpf_attr& attr) {
  switch (cmd) {
    case BPF_MAP_CREATE: return create_map(attr.map_create);
    case BPF_MAP_LOOKUP_ELEM:
    case BPF_MAP_UPDATE_ELEM:
    case BPF_MAP_DELETE_ELEM:
    case BPF_MAP_GET_NEXT_KEY:
    case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
    case BPF_MAP_FREEZE: return element(cmd, attr.map_elem);
    case BPF_MAP_LOOKUP_BATCH:
    case BPF_MAP_LOOKUP_AND_DELETE_BATCH:
    case BPF_MAP_UPDATE_BATCH:
    case BPF_MAP_DELETE_BATCH: return batch(cmd, attr.batch);
    case BPF_PROG_LOAD: return load_prog(attr.prog_load);
    case BPF_OBJ_PIN:
    case BPF_OBJ_GET: return pin(cmd, attr.obj);
    case BPF_OBJ_GET_INFO_BY_FD: return info(attr.info);
    case BPF_PROG_GET_NEXT_ID:
    case BPF_MAP_GET_NEXT_ID:
    case BPF_BTF_GET_NEXT_ID:
    case BPF_LINK_GET_NEXT_ID: return next_id(cmd, attr.get_id);
    case BPF_PROG_GET_FD_BY_ID:
    case BPF_MAP_GET_FD_BY_ID:
    case BPF_BTF_GET_FD_BY_ID:
    case BPF_LINK_GET_FD_BY_ID: return reopen(attr.get_id.start_id, cmd);
    case BPF_BTF_LOAD: {
      auto object = std::make_shared<Object>(Object{.kind = ObjectKind::btf});
      const auto* first = static_cast<const std::byte*>(pointer(attr.btf_load.btf));
      object->btf.assign(first, first + attr.btf_load.btf_size);
      return add(std::move(object));
    }
    case BPF_LINK_CREATE: return create_link(attr.link_create);
    case BPF_RAW_TRACEPOINT_OPEN: {
      auto link = bpf_attr_link_create{};
      link.prog_fd = attr.raw_tracepoint.prog_fd;
      return create_link(link);
    }
    case BPF_ENABLE_STATS:
    case BPF_ITER_CREATE:
    case BPF_TOKEN_CREATE: return add(std::make_shared<Object>(Object{.kind = ObjectKind::other}));
    default: return find_command(cmd) != nullptr ? 0 : -EINVAL;
  }
}

int FakeKernel::create_map(const bpf_attr_map_create& attr) {
  auto object =
      std::make_shared<Object>(Object{.kind = ObjectKind::map, .map = attr, .processors = processors});
  if (attr.btf_fd != 0) {
    const auto btf = find(static_cast<int>(attr.btf_fd));
    if (!btf) {
      return -EBADF;
    }
    object->btf_id = btf->id;
  }
  if (attr.map_type == BPF_MAP_TYPE_ARRAY || attr.map_type == BPF_MAP_TYPE_PERCPU_ARRAY) {
    const u64 bytes = array_memory_bytes(static_cast<u32>(object->value_bytes()), attr.max_entries);
    const auto page = static_cast<u64>(::sysconf(_SC_PAGESIZE));
    if (attr.key_size != 4 || bytes == 0) {
      return -EINVAL;
    }
    object->storage_fd_bytes = (bytes + page - 1) / page * page;
  }
  if (object->is_ring()) {
    const auto page = static_cast<u32>(::sysconf(_SC_PAGESIZE));
    if (attr.key_size != 0 || attr.value_size != 0 || !std::has_single_bit(attr.max_entries) ||
        attr.max_entries < page) {
      return -EINVAL;
    }
    object->storage_fd_bytes = std::size_t{2} * page + attr.max_entries;
  }
  return add(std::move(object));
}

int FakeKernel::load_prog(const bpf_attr_prog_load& attr) {
  if (attr.insn_cnt == 0) {
    return -E2BIG;
  }
  auto object = std::make_shared<Object>(Object{.kind = ObjectKind::prog, .prog = attr});
  if (attr.prog_btf_fd != 0) {
    const auto btf = find(static_cast<int>(attr.prog_btf_fd));
    if (!btf) {
      return -EBADF;
    }
    object->btf_id = btf->id;
  }
  const std::span insns(static_cast<const bpf_insn*>(pointer(attr.insns)), attr.insn_cnt);
  for (const bpf_insn& insn : insns) {
    constexpr u8 load_wide = 0x18;  // BPF_LD | BPF_IMM | BPF_DW
    const bool names_map =
        insn.code == load_wide && (insn.src_reg == BPF_PSEUDO_MAP_FD || insn.src_reg == BPF_PSEUDO_MAP_VALUE);
    const auto map = names_map ? find_map(insn.imm) : nullptr;
    if (map && std::ranges::find(object->map_ids, map->id) == object->map_ids.end()) {
      object->map_ids.push_back(map->id);
    }
  }
  return add(std::move(object));
}

int FakeKernel::create_link(const bpf_attr_link_create& attr) {
  const auto held = find(static_cast<int>(attr.prog_fd));
  if (!held) {
    return -EBADF;
  }
  return add(
      std::make_shared<Object>(Object{.kind = ObjectKind::link, .link = attr, .link_prog_id = held->id}));
}

int FakeKernel::pin(bpf_cmd cmd, const bpf_attr_obj& attr) {
  const std::string path = static_cast<const char*>(pointer(attr.pathname));
  const auto found = pins_.find(path);
  if (cmd == BPF_OBJ_GET) {
    return found == pins_.end() ? -ENOENT : ::fcntl(found->second, F_DUPFD_CLOEXEC, 3);
  }
  if (found != pins_.end()) {
    return -EEXIST;
  }
  if (!find(static_cast<int>(attr.bpf_fd))) {
    return -EBADF;
  }
  pins_[path] = ::fcntl(static_cast<int>(attr.bpf_fd), F_DUPFD_CLOEXEC, 3);
  return 0;
}

int FakeKernel::next_id(bpf_cmd cmd, bpf_attr_get_id& attr) {
  const auto kind = kind_of(cmd);
  u32 best = 0;
  for (const auto& [inode, object] : objects_) {
    if (object->kind == kind && object->id > attr.start_id && (best == 0 || object->id < best)) {
      best = object->id;
    }
  }
  attr.next_id = best;
  return best == 0 ? -ENOENT : 0;
}

int FakeKernel::reopen(u32 id, bpf_cmd cmd) {
  // The model does not know when descriptors close; one that is still open somewhere in the process is found by its inode.
  const auto kind = kind_of(cmd);
  for (int fd = 3; fd < 1024; ++fd) {
    const auto object = find(fd);
    if (object && object->kind == kind && object->id == id) {
      return ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
    }
  }
  return -ENOENT;
}

}  // namespace skep::kernel

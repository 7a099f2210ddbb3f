#include "kernel/fake_kernel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "kernel/fake_model.h"

namespace skep::kernel {

namespace {

std::vector<std::byte> copy_bytes(const void* from, std::size_t bytes) {
  const auto* first = static_cast<const std::byte*>(from);
  return from == nullptr ? std::vector<std::byte>() : std::vector<std::byte>(first, first + bytes);
}

const char* text_at(u64 address) {
  const auto* text = reinterpret_cast<const char*>(static_cast<std::uintptr_t>(address));
  return text == nullptr ? "" : text;
}

}  // namespace

bpf_attr FakeCall::attributes() const {
  bpf_attr whole;
  std::memset(&whole, 0, sizeof whole);
  std::memcpy(&whole, attr.data(), std::min(attr.size(), sizeof whole));
  return whole;
}

FakeKernel::FakeKernel() = default;

FakeKernel::~FakeKernel() {
  for (const auto& [path, fd] : pins_) {
    ::close(fd);
  }
  for (const int fd : modules_) {
    ::close(fd);
  }
}

void FakeKernel::fail_call(u32 nth, int sys_errno) {
  const std::lock_guard lock(mutex_);
  failures_.push_back({.skip = nth, .sys_errno = sys_errno});
}

void FakeKernel::fail_command(bpf_cmd cmd, u32 nth, int sys_errno) {
  const std::lock_guard lock(mutex_);
  failures_.push_back({.cmd = cmd, .skip = nth, .sys_errno = sys_errno});
}

void FakeKernel::fail_kind(CallKind kind, u32 nth, int sys_errno) {
  const std::lock_guard lock(mutex_);
  failures_.push_back({.kind = kind, .skip = nth, .sys_errno = sys_errno});
}

std::vector<FakeCall> FakeKernel::calls() const {
  const std::lock_guard lock(mutex_);
  return calls_;
}

std::vector<FakeCall> FakeKernel::calls(bpf_cmd cmd) const {
  std::vector<FakeCall> found = calls();
  std::erase_if(found, [cmd](const FakeCall& call) {
    return (call.kind != CallKind::bpf && call.kind != CallKind::bpf_common) || call.cmd != cmd;
  });
  return found;
}

std::vector<std::string> FakeKernel::pins() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> paths;
  for (const auto& [path, fd] : pins_) {
    paths.push_back(path);
  }
  return paths;
}

std::vector<std::string> FakeKernel::directories() const {
  const std::lock_guard lock(mutex_);
  return directories_;
}

std::optional<int> FakeKernel::failure(const FakeCall& call) {
  const bool is_bpf = call.kind == CallKind::bpf || call.kind == CallKind::bpf_common;
  std::optional<int> result;
  std::erase_if(failures_, [&](Failure& planned) {
    const bool meant =
        planned.cmd ? is_bpf && *planned.cmd == call.cmd : !planned.kind || *planned.kind == call.kind;
    if (!meant || planned.skip-- > 0) {
      return false;
    }
    result = -planned.sys_errno;
    return true;
  });
  return result;
}

void FakeKernel::copy_pointees(FakeCall& call, const bpf_attr& attr) {
  switch (call.cmd) {
    case BPF_PROG_LOAD: {
      const auto* first =
          reinterpret_cast<const bpf_insn*>(static_cast<std::uintptr_t>(attr.prog_load.insns));
      if (first != nullptr) {
        call.insns.assign(first, first + attr.prog_load.insn_cnt);
      }
      call.text = text_at(attr.prog_load.license);
      return;
    }
    case BPF_OBJ_PIN:
    case BPF_OBJ_GET: call.text = text_at(attr.obj.pathname); return;
    case BPF_RAW_TRACEPOINT_OPEN: call.text = text_at(attr.raw_tracepoint.name); return;
    case BPF_MAP_LOOKUP_ELEM:
    case BPF_MAP_UPDATE_ELEM:
    case BPF_MAP_DELETE_ELEM:
    case BPF_MAP_GET_NEXT_KEY:
    case BPF_MAP_LOOKUP_AND_DELETE_ELEM:
      if (const auto map = find_map(static_cast<int>(attr.map_elem.map_fd))) {
        call.key = copy_bytes(pointer(attr.map_elem.key), map->map.key_size);
        if (call.cmd == BPF_MAP_UPDATE_ELEM) {
          call.value = copy_bytes(pointer(attr.map_elem.value), map->value_bytes());
        }
      }
      return;
    default: return;
  }
}

int FakeKernel::bpf_call(FakeCall call, void* attr, u32 attr_bytes) {
  const std::lock_guard lock(mutex_);
  call.attr = copy_bytes(attr, attr_bytes);
  bpf_attr whole = call.attributes();
  copy_pointees(call, whole);
  std::optional<int> result = failure(call);
  if (!result && on_bpf) {
    result = on_bpf(call.cmd, whole);
  }
  if (!result) {
    result = attr_bytes > sizeof whole ? -E2BIG : model(call.cmd, whole);
  }
  std::memcpy(attr, &whole, std::min<std::size_t>(attr_bytes, sizeof whole));
  call.result = *result;
  calls_.push_back(std::move(call));
  return *result;
}

int FakeKernel::bpf(bpf_cmd cmd, void* attr, u32 attr_bytes) {
  return bpf_call({.kind = CallKind::bpf, .cmd = cmd}, attr, attr_bytes);
}

int FakeKernel::bpf_common(bpf_cmd cmd, void* attr, u32 attr_bytes, bpf_common_attr* common,
                           u32 common_bytes) {
  return bpf_call({.kind = CallKind::bpf_common, .cmd = cmd, .common = copy_bytes(common, common_bytes)},
                  attr, attr_bytes);
}

s64 FakeKernel::map_memory(const MemoryRequest& want) {
  return file_call({.kind = CallKind::map_memory, .memory = want}, [&]() -> s64 {
    if (want.fd >= 0) {
      const auto map = find_map(want.fd);
      if (!map || map->storage_fd_bytes == 0) {
        return -EINVAL;
      }
      if (map->frozen && want.writable) {
        return -EPERM;
      }
      if (map->is_ring()) {
        return map_ring(*map, want);
      }
    }
    const int flags = MAP_SHARED | (want.fixed ? MAP_FIXED : 0) | (want.fd < 0 ? MAP_ANONYMOUS : 0);
    void* address = ::mmap(want.address, want.bytes, PROT_READ | (want.writable ? PROT_WRITE : 0), flags,
                           want.fd, static_cast<off_t>(want.offset));
    return address == MAP_FAILED ? -errno : static_cast<s64>(reinterpret_cast<std::uintptr_t>(address));
  });
}

int FakeKernel::unmap_memory(void* address, std::size_t bytes) {
  return static_cast<int>(
      file_call({.kind = CallKind::unmap_memory, .memory = {.address = address, .bytes = bytes}},
                [&] { return ::munmap(address, bytes) < 0 ? -errno : 0; }));
}

int FakeKernel::get_memlock(MemlockLimit& limit) {
  return static_cast<int>(file_call({.kind = CallKind::get_memlock}, [&] {
    limit = memlock_;
    return 0;
  }));
}

int FakeKernel::set_memlock(const MemlockLimit& limit) {
  return static_cast<int>(file_call({.kind = CallKind::set_memlock}, [&] {
    memlock_ = limit;
    return 0;
  }));
}

int FakeKernel::open_directory(const char* path) {
  return static_cast<int>(file_call({.kind = CallKind::open_directory, .text = path}, [&] {
    const int fd = ::memfd_create("skep-directory", MFD_CLOEXEC);
    return fd < 0 ? -errno : fd;
  }));
}

int FakeKernel::make_directory(const char* path, u32) {
  return static_cast<int>(file_call({.kind = CallKind::make_directory, .text = path}, [&] {
    if (std::ranges::find(directories_, path) != directories_.end()) {
      return -EEXIST;
    }
    directories_.emplace_back(path);
    return 0;
  }));
}

int FakeKernel::remove_directory(const char* path) {
  return static_cast<int>(file_call({.kind = CallKind::remove_directory, .text = path},
                                    [&] { return std::erase(directories_, path) == 0 ? -ENOENT : 0; }));
}

int FakeKernel::unlink(const char* path) {
  return static_cast<int>(file_call({.kind = CallKind::unlink, .text = path}, [&] {
    const auto found = pins_.find(path);
    if (found == pins_.end()) {
      return -ENOENT;
    }
    ::close(found->second);
    pins_.erase(found);
    return 0;
  }));
}

s64 FakeKernel::filesystem_type(const char* path) {
  return file_call({.kind = CallKind::filesystem_type, .text = path}, [&] { return filesystem; });
}

int FakeKernel::read_link(const char* path, char* text, u32 bytes) {
  return static_cast<int>(file_call({.kind = CallKind::read_link, .text = path}, [&] {
    constexpr std::string_view directory = "/proc/self/fd/";
    const std::string_view whole(path);
    int fd = -1;
    if (whole.starts_with(directory)) {
      std::from_chars(whole.data() + directory.size(), whole.data() + whole.size(), fd);
    }
    const auto object = find(fd);
    return object ? static_cast<int>(link_text(object->kind).copy(text, bytes)) : -ENOENT;
  }));
}

}  // namespace skep::kernel

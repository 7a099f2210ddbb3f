// What FakeKernel makes of files, perf events, sockets and epoll.
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernel/fake_model.h"

namespace skep::kernel {

namespace {

std::vector<std::byte> copy_bytes(const void* from, std::size_t bytes) {
  const auto* first = static_cast<const std::byte*>(from);
  return from == nullptr ? std::vector<std::byte>() : std::vector<std::byte>(first, first + bytes);
}

u64 inode_of(int fd) {
  struct stat facts{};
  return ::fstat(fd, &facts) < 0 ? 0 : facts.st_ino;
}

s64 copy_out(const std::vector<std::byte>& from, void* to, std::size_t room) {
  const std::size_t bytes = std::min(from.size(), room);
  if (bytes != 0) {
    std::memcpy(to, from.data(), bytes);
  }
  return static_cast<s64>(bytes);
}

}  // namespace

int FakeKernel::plain_descriptor() {
  return add(std::make_shared<Object>(Object{.kind = ObjectKind::other}));
}

int FakeKernel::perf_event_open(::perf_event_attr& attr, const PerfEventPlace& place) {
  const std::size_t bytes = std::min<std::size_t>(attr.size, sizeof attr);
  return static_cast<int>(
      file_call({.kind = CallKind::perf_event_open, .data = copy_bytes(&attr, bytes), .place = place},
                [&]() -> s64 { return plain_descriptor(); }));
}

int FakeKernel::control(int fd, u64 request, u64 argument) {
  return static_cast<int>(
      file_call({.kind = CallKind::control, .fd = fd, .request = request, .argument = argument},
                [&]() -> s64 { return find(fd) ? 0 : -EBADF; }));
}

int FakeKernel::open_file(const char* path, int flags, u32) {
  return static_cast<int>(
      file_call({.kind = CallKind::open_file, .text = path, .flags = static_cast<u32>(flags)}, [&]() -> s64 {
        if (!files.contains(path) && (flags & O_CREAT) == 0) {
          return -ENOENT;
        }
        const int fd = plain_descriptor();
        if (fd >= 0) {
          open_files_[inode_of(fd)] = {.path = path, .flags = flags};
        }
        return fd;
      }));
}

s64 FakeKernel::read_file(int fd, void* bytes, std::size_t size) {
  FakeCall call{.kind = CallKind::read_file, .fd = fd};
  const auto open = [&]() { return open_files_.find(inode_of(fd)); };
  const auto read = [&]() -> s64 {
    const auto found = open();
    if (found == open_files_.end()) {
      return find(fd) ? 0 : -EBADF;
    }
    const std::string& whole = files[found->second.path];
    std::size_t& position = found->second.position;
    const std::size_t got = std::min(size, whole.size() - std::min(position, whole.size()));
    std::memcpy(bytes, whole.data() + std::min(position, whole.size()), got);
    position += got;
    return static_cast<s64>(got);
  };
  const std::lock_guard lock(mutex_);
  std::optional<s64> answer = failure(call);
  if (!answer && on_call) {
    answer = on_call(call);
    if (answer && *answer > 0) {
      answer = copy_out(call.data, bytes, size);
    }
  }
  call.result = answer ? *answer : read();
  calls_.push_back(call);
  return call.result;
}

void FakeKernel::write_to(const std::string& path, int flags, std::string_view text) {
  std::string& whole = files[path];
  if ((flags & O_APPEND) == 0) {
    whole = text;
    return;
  }
  if (!text.starts_with("-:")) {
    whole += text;
    return;
  }
  std::string_view name = text.substr(2);
  name = name.substr(0, name.find('\n'));
  for (std::size_t begin = 0; begin < whole.size();) {
    const std::size_t end = std::min(whole.find('\n', begin), whole.size());
    const std::string_view line = std::string_view(whole).substr(begin, end - begin);
    const std::string_view rest = line.substr(std::min<std::size_t>(2, line.size()));
    if (line.find(':') == 1 && rest.starts_with(name) && rest.substr(name.size()).starts_with(' ')) {
      whole.erase(begin, end + 1 - begin);
    } else {
      begin = end + 1;
    }
  }
}

s64 FakeKernel::write_file(int fd, const void* bytes, std::size_t size) {
  const std::string_view text(static_cast<const char*>(bytes), size);
  std::string path;
  int flags = 0;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = open_files_.find(inode_of(fd)); found != open_files_.end()) {
      path = found->second.path;
      flags = found->second.flags;
    }
  }
  return file_call({.kind = CallKind::write_file, .text = path, .fd = fd, .data = copy_bytes(bytes, size)},
                   [&]() -> s64 {
                     if (!path.empty()) {
                       write_to(path, flags, text);
                     } else if (!find(fd)) {
                       return -EBADF;
                     }
                     return static_cast<s64>(size);
                   });
}

int FakeKernel::open_socket(int domain, int type, int protocol) {
  return static_cast<int>(file_call({.kind = CallKind::open_socket,
                                     .request = static_cast<u32>(domain),
                                     .argument = static_cast<u32>(protocol),
                                     .flags = static_cast<u32>(type)},
                                    [&]() -> s64 { return plain_descriptor(); }));
}

int FakeKernel::bind_socket(int fd, const ::sockaddr* address, u32 bytes) {
  return static_cast<int>(
      file_call({.kind = CallKind::bind_socket, .fd = fd, .data = copy_bytes(address, bytes)},
                [&]() -> s64 { return find(fd) ? 0 : -EBADF; }));
}

int FakeKernel::set_socket_option(int fd, const SocketOption& option) {
  return static_cast<int>(file_call({.kind = CallKind::set_socket_option,
                                     .fd = fd,
                                     .request = static_cast<u32>(option.name),
                                     .argument = static_cast<u32>(option.level),
                                     .data = copy_bytes(option.value, option.value_bytes)},
                                    [&]() -> s64 { return find(fd) ? 0 : -EBADF; }));
}

s64 FakeKernel::send(int fd, const void* bytes, std::size_t size, int flags) {
  return file_call(
      {.kind = CallKind::send, .fd = fd, .flags = static_cast<u32>(flags), .data = copy_bytes(bytes, size)},
      [&]() -> s64 { return find(fd) ? static_cast<s64>(size) : -EBADF; });
}

s64 FakeKernel::receive(int fd, void* bytes, std::size_t size, int flags) {
  FakeCall call{.kind = CallKind::receive, .fd = fd, .flags = static_cast<u32>(flags)};
  const std::lock_guard lock(mutex_);
  std::optional<s64> answer = failure(call);
  if (!answer && on_call) {
    answer = on_call(call);
  }
  if (!answer && !messages.empty()) {
    call.data = std::move(messages.front());
    messages.erase(messages.begin());
    answer = static_cast<s64>(call.data.size());
  }
  call.result = answer ? *answer : -EAGAIN;
  if (call.result > 0) {
    call.result = copy_out(call.data, bytes, size);
  }
  calls_.push_back(call);
  return call.result;
}

int FakeKernel::epoll_create() {
  return static_cast<int>(
      file_call({.kind = CallKind::epoll_create}, [&]() -> s64 { return plain_descriptor(); }));
}

int FakeKernel::epoll_control(int epoll, int operation, int fd, ::epoll_event*) {
  return static_cast<int>(
      file_call({.kind = CallKind::epoll_control, .fd = fd, .request = static_cast<u32>(operation)},
                [&]() -> s64 { return find(epoll) && find(fd) ? 0 : -EBADF; }));
}

int FakeKernel::epoll_wait(int epoll, ::epoll_event*, int, int) {
  return static_cast<int>(file_call({.kind = CallKind::epoll_wait, .fd = epoll},
                                    [&]() -> s64 { return find(epoll) ? 0 : -EBADF; }));
}

}  // namespace skep::kernel

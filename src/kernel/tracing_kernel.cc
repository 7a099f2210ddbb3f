#include "kernel/tracing_kernel.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace skep::kernel {

namespace {

std::span<const std::byte> view(const void* bytes, std::size_t size) {
  return {static_cast<const std::byte*>(bytes), size};
}

std::vector<std::byte> copy(const void* bytes, std::size_t size) {
  const auto from = view(bytes, size);
  return {from.begin(), from.end()};
}

std::size_t came(s64 result) {
  return result > 0 ? static_cast<std::size_t>(result) : 0;
}

}  // namespace

template <class Call>
s64 TracingKernel::timed(CallEvent event, const Call& call) {
  const auto begin = std::chrono::steady_clock::now();
  event.result = call(event);
  const auto spent = std::chrono::steady_clock::now() - begin;
  event.duration_ns = static_cast<u64>(std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count());
  tell_(event);
  return event.result;
}

int TracingKernel::bpf(bpf_cmd cmd, void* attr, u32 attr_bytes) {
  const std::vector<std::byte> before = copy(attr, attr_bytes);
  const CallEvent event{
      .kind = CallKind::bpf, .cmd = cmd, .attr_before = before, .attr_after = view(attr, attr_bytes)};
  return static_cast<int>(timed(event, [&](CallEvent&) { return inner_.bpf(cmd, attr, attr_bytes); }));
}

int TracingKernel::bpf_common(bpf_cmd cmd, void* attr, u32 attr_bytes, bpf_common_attr* common,
                              u32 common_bytes) {
  const std::vector<std::byte> before = copy(attr, attr_bytes);
  const std::vector<std::byte> before_common = copy(common, common_bytes);
  const CallEvent event{.kind = CallKind::bpf_common,
                        .cmd = cmd,
                        .attr_before = before,
                        .attr_after = view(attr, attr_bytes),
                        .common_before = before_common,
                        .common_after = view(common, common_bytes)};
  return static_cast<int>(timed(
      event, [&](CallEvent&) { return inner_.bpf_common(cmd, attr, attr_bytes, common, common_bytes); }));
}

s64 TracingKernel::map_memory(const MemoryRequest& want) {
  return timed({.kind = CallKind::map_memory, .memory = want},
               [&](CallEvent&) { return inner_.map_memory(want); });
}

int TracingKernel::unmap_memory(void* address, std::size_t bytes) {
  return static_cast<int>(
      timed({.kind = CallKind::unmap_memory, .memory = {.address = address, .bytes = bytes}},
            [&](CallEvent&) { return inner_.unmap_memory(address, bytes); }));
}

int TracingKernel::get_memlock(MemlockLimit& limit) {
  return static_cast<int>(timed({.kind = CallKind::get_memlock}, [&](CallEvent& event) {
    const int result = inner_.get_memlock(limit);
    event.memlock = limit;
    return result;
  }));
}

int TracingKernel::set_memlock(const MemlockLimit& limit) {
  return static_cast<int>(timed({.kind = CallKind::set_memlock, .memlock = limit},
                                [&](CallEvent&) { return inner_.set_memlock(limit); }));
}

int TracingKernel::open_directory(const char* path) {
  return static_cast<int>(timed({.kind = CallKind::open_directory, .path = path},
                                [&](CallEvent&) { return inner_.open_directory(path); }));
}

int TracingKernel::make_directory(const char* path, u32 mode) {
  return static_cast<int>(timed({.kind = CallKind::make_directory, .path = path},
                                [&](CallEvent&) { return inner_.make_directory(path, mode); }));
}

int TracingKernel::remove_directory(const char* path) {
  return static_cast<int>(timed({.kind = CallKind::remove_directory, .path = path},
                                [&](CallEvent&) { return inner_.remove_directory(path); }));
}

int TracingKernel::unlink(const char* path) {
  return static_cast<int>(
      timed({.kind = CallKind::unlink, .path = path}, [&](CallEvent&) { return inner_.unlink(path); }));
}

s64 TracingKernel::filesystem_type(const char* path) {
  return timed({.kind = CallKind::filesystem_type, .path = path},
               [&](CallEvent&) { return inner_.filesystem_type(path); });
}

int TracingKernel::read_link(const char* path, char* text, u32 bytes) {
  return static_cast<int>(timed({.kind = CallKind::read_link, .path = path},
                                [&](CallEvent&) { return inner_.read_link(path, text, bytes); }));
}

int TracingKernel::perf_event_open(::perf_event_attr& attr, const PerfEventPlace& place) {
  return static_cast<int>(timed({.kind = CallKind::perf_event_open, .event = &attr, .place = place},
                                [&](CallEvent&) { return inner_.perf_event_open(attr, place); }));
}

int TracingKernel::control(int fd, u64 request, u64 argument) {
  return static_cast<int>(
      timed({.kind = CallKind::control, .fd = fd, .request = request, .argument = argument},
            [&](CallEvent&) { return inner_.control(fd, request, argument); }));
}

int TracingKernel::open_file(const char* path, int flags, u32 mode) {
  return static_cast<int>(timed({.kind = CallKind::open_file, .path = path, .flags = static_cast<u32>(flags)},
                                [&](CallEvent&) { return inner_.open_file(path, flags, mode); }));
}

s64 TracingKernel::read_file(int fd, void* bytes, std::size_t size) {
  return timed({.kind = CallKind::read_file, .fd = fd}, [&](CallEvent& event) {
    const s64 result = inner_.read_file(fd, bytes, size);
    event.data = view(bytes, came(result));
    return result;
  });
}

s64 TracingKernel::write_file(int fd, const void* bytes, std::size_t size) {
  return timed({.kind = CallKind::write_file, .fd = fd, .data = view(bytes, size)},
               [&](CallEvent&) { return inner_.write_file(fd, bytes, size); });
}

int TracingKernel::open_socket(int domain, int type, int protocol) {
  const u64 flags = (static_cast<u64>(static_cast<u32>(domain)) << 32) | static_cast<u32>(type);
  return static_cast<int>(timed({.kind = CallKind::open_socket, .flags = flags},
                                [&](CallEvent&) { return inner_.open_socket(domain, type, protocol); }));
}

int TracingKernel::bind_socket(int fd, const ::sockaddr* address, u32 bytes) {
  return static_cast<int>(timed({.kind = CallKind::bind_socket, .fd = fd, .data = view(address, bytes)},
                                [&](CallEvent&) { return inner_.bind_socket(fd, address, bytes); }));
}

int TracingKernel::set_socket_option(int fd, const SocketOption& option) {
  return static_cast<int>(timed({.kind = CallKind::set_socket_option,
                                 .fd = fd,
                                 .request = static_cast<u32>(option.name),
                                 .argument = static_cast<u32>(option.level),
                                 .data = view(option.value, option.value_bytes)},
                                [&](CallEvent&) { return inner_.set_socket_option(fd, option); }));
}

s64 TracingKernel::send(int fd, const void* bytes, std::size_t size, int flags) {
  return timed(
      {.kind = CallKind::send, .fd = fd, .flags = static_cast<u32>(flags), .data = view(bytes, size)},
      [&](CallEvent&) { return inner_.send(fd, bytes, size, flags); });
}

s64 TracingKernel::receive(int fd, void* bytes, std::size_t size, int flags) {
  return timed({.kind = CallKind::receive, .fd = fd, .flags = static_cast<u32>(flags)},
               [&](CallEvent& event) {
                 const s64 result = inner_.receive(fd, bytes, size, flags);
                 event.data = view(bytes, std::min(came(result), size));
                 return result;
               });
}

int TracingKernel::epoll_create() {
  return static_cast<int>(
      timed({.kind = CallKind::epoll_create}, [&](CallEvent&) { return inner_.epoll_create(); }));
}

int TracingKernel::epoll_control(int epoll, int operation, int fd, ::epoll_event* event) {
  return static_cast<int>(
      timed({.kind = CallKind::epoll_control, .fd = fd, .request = static_cast<u32>(operation)},
            [&](CallEvent&) { return inner_.epoll_control(epoll, operation, fd, event); }));
}

int TracingKernel::epoll_wait(int epoll, ::epoll_event* events, int count, int timeout_ms) {
  return static_cast<int>(timed({.kind = CallKind::epoll_wait, .fd = epoll}, [&](CallEvent&) {
    return inner_.epoll_wait(epoll, events, count, timeout_ms);
  }));
}

}  // namespace skep::kernel

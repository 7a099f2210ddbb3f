#include "kernel/tracing_kernel.h"

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

}  // namespace skep::kernel

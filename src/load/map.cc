#include "skep/map.h"

#include <cerrno>

#include "base/result.h"
#include "btf/btf.h"
#include "host/facts.h"
#include "kernel/ids.h"
#include "kernel/info.h"
#include "kernel/kind.h"
#include "kernel/map.h"
#include "kernel/obj.h"
#include "load/kernel_types.h"
#include "load/this_machine.h"
#include "skep/uapi/flags.h"

namespace skep {
namespace {

constexpr std::size_t copy_bytes(u32 value_bytes) {
  return (std::size_t{value_bytes} + 7) / 8 * 8;
}

Result<Map> from_descriptor(kernel::Kernel& kernel, Fd fd) {
  SKEP_TRY(const bpf_map_info info, kernel::map_info(kernel, fd.raw()));
  MapTraits traits{.name = std::string(until_nul({info.name, sizeof info.name})),
                   .type = static_cast<bpf_map_type>(info.type),
                   .key_bytes = info.key_size,
                   .value_bytes = info.value_size,
                   .max_entries = info.max_entries,
                   .flags = info.map_flags,
                   .key_type_id = info.btf_key_type_id,
                   .value_type_id = info.btf_value_type_id,
                   .btf = load::kernel_types(kernel, info.btf_id)};
  if (traits.btf == nullptr || traits.key_type_id >= traits.btf->type_count() ||
      traits.value_type_id >= traits.btf->type_count()) {
    traits.key_type_id = 0;
    traits.value_type_id = 0;
  }
  if (is_per_cpu(traits.type)) {
    SKEP_TRY(traits.cpu_count, host::facts_of_this_machine().possible_cpus());
  }
  return Map(kernel, std::move(fd), std::move(traits));
}

u64 flags_of(Update mode) {
  switch (mode) {
    case Update::any: return BPF_ANY;
    case Update::only_new: return BPF_NOEXIST;
    case Update::only_old: return BPF_EXIST;
  }
  std::unreachable();
}

const void* key_pointer(std::span<const std::byte> key) {
  return key.empty() ? nullptr : key.data();
}

/// "Not there" is an answer, not an error.
Result<bool> found(Result<void> done) {
  if (done) {
    return true;
  }
  if (done.error().sys_errno() == ENOENT) {
    return false;
  }
  return std::unexpected(std::move(done).error());
}

std::string noun(const MapTraits& traits) {
  return cat("map '", traits.name, "'");
}

}  // namespace

bool is_per_cpu(bpf_map_type type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

Map::Map(kernel::Kernel& kernel, Fd fd, MapTraits traits)
    : kernel_(&kernel), fd_(std::move(fd)), traits_(std::move(traits)) {}

Result<Map> Map::open_id(u32 id) {
  SKEP_TRY(Fd fd, kernel::open_id(load::this_kernel(), kernel::ObjectKind::map, id));
  return from_descriptor(load::this_kernel(), std::move(fd));
}

Result<Map> Map::open_pinned(const std::string& path) {
  SKEP_TRY(Fd fd, kernel::obj_get(load::this_kernel(), {.path = path.c_str()}));
  SKEP_CHECK_IN(cat(path, ": what is pinned there is no map"),
                kernel::check_kind(load::this_kernel(), fd.raw(), kernel::ObjectKind::map));
  return from_descriptor(load::this_kernel(), std::move(fd));
}

std::size_t Map::value_bytes_in_user_space() const {
  return is_per_cpu() ? copy_bytes(traits_.value_bytes) * traits_.cpu_count : traits_.value_bytes;
}

Result<void> Map::check_sizes(std::size_t key_bytes, std::size_t value_bytes) const {
  if (key_bytes != traits_.key_bytes) {
    return fail(Errc::invalid,
                cat(noun(traits_), ": want a key of ", traits_.key_bytes, " bytes, have ", key_bytes));
  }
  if (value_bytes != value_bytes_in_user_space()) {
    return fail(Errc::invalid, cat(noun(traits_), ": want a value of ", value_bytes_in_user_space(),
                                   " bytes, have ", value_bytes));
  }
  return {};
}

Result<bool> Map::lookup(std::span<const std::byte> key, std::span<std::byte> value) const {
  SKEP_CHECK(check_sizes(key.size(), value.size()));
  SKEP_TRY_IN(
      noun(traits_), const bool is_there,
      found(kernel::map_lookup(*kernel_, {.map_fd = fd_.raw(), .key = key_pointer(key)}, value.data())));
  return is_there;
}

Result<void> Map::update(std::span<const std::byte> key, std::span<const std::byte> value, Update mode) {
  SKEP_CHECK(check_sizes(key.size(), value.size()));
  SKEP_CHECK_IN(
      noun(traits_),
      kernel::map_update(*kernel_, {.map_fd = fd_.raw(), .key = key_pointer(key), .flags = flags_of(mode)},
                         value.data()));
  return {};
}

Result<bool> Map::erase(std::span<const std::byte> key) {
  SKEP_CHECK(check_sizes(key.size(), value_bytes_in_user_space()));
  SKEP_TRY_IN(noun(traits_), const bool was_there,
              found(kernel::map_delete(*kernel_, {.map_fd = fd_.raw(), .key = key_pointer(key)})));
  return was_there;
}

Result<bool> Map::lookup_and_erase(std::span<const std::byte> key, std::span<std::byte> value) {
  SKEP_CHECK(check_sizes(key.size(), value.size()));
  SKEP_TRY_IN(noun(traits_), const bool was_there,
              found(kernel::map_lookup_and_delete(*kernel_, {.map_fd = fd_.raw(), .key = key_pointer(key)},
                                                  value.data())));
  return was_there;
}

Result<bool> Map::peek(std::span<std::byte> value) const {
  return lookup({}, value);
}

Result<std::vector<MapEntry>> Map::entries() const {
  std::vector<MapEntry> all;
  std::vector<std::byte> keys;
  std::vector<std::byte> values;
  const std::size_t value_bytes = value_bytes_in_user_space();
  MapCursor walk = cursor();
  while (true) {
    SKEP_TRY(const bool more, walk.next(keys, values));
    if (!more) {
      return all;
    }
    for (std::size_t i = 0; i * traits_.key_bytes < keys.size(); ++i) {
      const auto key = std::span(keys).subspan(i * traits_.key_bytes, traits_.key_bytes);
      const auto value = std::span(values).subspan(i * value_bytes, value_bytes);
      all.push_back({.key = {key.begin(), key.end()}, .value = {value.begin(), value.end()}});
    }
  }
}

MapCursor Map::cursor() const {
  return MapCursor(*this);
}

Result<void> Map::pin(const std::string& path) const {
  SKEP_CHECK_IN(noun(traits_), kernel::obj_pin(*kernel_, {.fd = fd_.raw(), .path = path.c_str()}));
  return {};
}

}  // namespace skep

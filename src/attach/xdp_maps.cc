// Elements of DEVMAP and CPUMAP, which can hold programs.
#include <array>

#include "attach/device.h"
#include "base/bytes.h"
#include "base/result.h"
#include "load/this_machine.h"
#include "skep/xdp.h"

namespace skep {
namespace {

/// Writes `head` and, where the map has room for it, the program's descriptor. `since` is when maps of this kind got that room.
Result<void> set_entry(Map& map, u32 key, u32 head, const Program* program, std::string_view since) {
  struct Value {
    u32 head;
    s32 prog_fd;
  };
  const Value value{.head = head, .prog_fd = program != nullptr ? program->fd().raw() : -1};
  const std::size_t bytes = map.traits().value_bytes;
  if (bytes != 4 && bytes != 8) {
    return fail(Errc::invalid, cat("map '", map.name(), "': want values of 4 or 8 bytes, have ", bytes));
  }
  if (program != nullptr && bytes == 4) {
    return fail(Errc::unsupported, cat("map '", map.name(), "': program '", program->name(),
                                       "' wants values of 8 bytes, have 4; such values need Linux ", since));
  }
  // Without a program the kernel wants 0 or a negative descriptor, in the longer value alone.
  return map.update(bytes_of(key), bytes_of(value).first(bytes));
}

}  // namespace

Result<void> set_devmap_entry(Map& map, u32 key, const NetDevice& device, const Program* program) {
  if (map.traits().type != BPF_MAP_TYPE_DEVMAP && map.traits().type != BPF_MAP_TYPE_DEVMAP_HASH) {
    return fail(Errc::invalid, cat("map '", map.name(), "': want a devmap or devmap_hash, have ",
                                   name_of(map_type_names, map.traits().type)));
  }
  u32 index = device.index;
  if (index == 0) {
    SKEP_TRY(const auto found,
             attach::find_device(program != nullptr ? program->kernel() : load::this_kernel(), device));
    index = found.index;
  }
  SKEP_CHECK_IN(cat("device ", index), set_entry(map, key, index, program, "5.8"));
  return {};
}

Result<void> set_cpumap_entry(Map& map, u32 cpu, u32 queue_packets, const Program* program) {
  if (map.traits().type != BPF_MAP_TYPE_CPUMAP) {
    return fail(Errc::invalid, cat("map '", map.name(), "': want a cpumap, have ",
                                   name_of(map_type_names, map.traits().type)));
  }
  SKEP_CHECK_IN(cat("processor ", cpu), set_entry(map, cpu, queue_packets, program, "5.9"));
  return {};
}

}  // namespace skep

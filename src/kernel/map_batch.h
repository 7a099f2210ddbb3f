// Maps, many elements at a time: BPF_MAP_*_BATCH, since Linux 5.6. Not every type of map has them (ENOTSUPP).
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// Parameters of BPF_MAP_LOOKUP_BATCH and BPF_MAP_LOOKUP_AND_DELETE_BATCH. Begin with no `from`; then pass each call's cursor to the next.
struct MapBatchLookup {
  int map_fd = -1;
  const void* from = nullptr;  ///< the cursor that the call before wrote; null: the beginning
  void* cursor = nullptr;      ///< receives the cursor: as long as a key, 4 bytes at least
  void* keys = nullptr;        ///< room for `count` keys
  void* values = nullptr;      ///< room for `count` values
  u32 count = 0;               ///< in: room; out: how many came
  u64 elem_flags = 0;          ///< BPF_F_LOCK
};

/// What a batch look-up tells besides its elements.
enum class MapWalk : u8 {
  more,      ///< go on with the cursor
  finished,  ///< these were the last (or there were none)
};

namespace map_batch_detail {

inline Result<MapWalk> lookup(Kernel& kernel, bpf_cmd cmd, MapBatchLookup& want, std::string_view subject) {
  auto attr = zeroed<bpf_attr_batch>();
  attr.in_batch = address_of(want.from);
  attr.out_batch = address_of(want.cursor);
  attr.keys = address_of(want.keys);
  attr.values = address_of(want.values);
  attr.count = want.count;
  attr.map_fd = static_cast<u32>(want.map_fd);
  attr.elem_flags = want.elem_flags;
  const int raw = kernel.bpf(cmd, &attr, SKEP_ATTR_END(batch, flags));
  want.count = raw == 0 || raw == -ENOENT ? attr.count : 0;
  if (raw == -ENOENT) {
    return MapWalk::finished;
  }
  SKEP_CHECK(answer(raw, subject));
  return MapWalk::more;
}

}  // namespace map_batch_detail

/// BPF_MAP_LOOKUP_BATCH. Errors: denied, kernel (ENOTSUPP or EINVAL: no batches for this map or kernel; ENOSPC: a hash bucket holds more than `count`).
inline Result<MapWalk> map_lookup_batch(Kernel& kernel, MapBatchLookup& want) {
  return map_batch_detail::lookup(kernel, BPF_MAP_LOOKUP_BATCH, want, "look up map elements");
}

/// BPF_MAP_LOOKUP_AND_DELETE_BATCH: what comes is removed. Errors: as map_lookup_batch.
inline Result<MapWalk> map_lookup_and_delete_batch(Kernel& kernel, MapBatchLookup& want) {
  return map_batch_detail::lookup(kernel, BPF_MAP_LOOKUP_AND_DELETE_BATCH, want, "take out map elements");
}

/// Parameters of BPF_MAP_UPDATE_BATCH and BPF_MAP_DELETE_BATCH (which has no use for `values`).
struct MapBatch {
  int map_fd = -1;
  const void* keys = nullptr;    ///< `count` keys
  const void* values = nullptr;  ///< `count` values
  u32 count = 0;                 ///< in: how many; out: how many were done, also when one failed
  u64 elem_flags = 0;
};

namespace map_batch_detail {

inline Result<void> change(Kernel& kernel, bpf_cmd cmd, MapBatch& want, std::string_view subject) {
  auto attr = zeroed<bpf_attr_batch>();
  attr.keys = address_of(want.keys);
  attr.values = address_of(want.values);
  attr.count = want.count;
  attr.map_fd = static_cast<u32>(want.map_fd);
  attr.elem_flags = want.elem_flags;
  const int raw = kernel.bpf(cmd, &attr, SKEP_ATTR_END(batch, flags));
  // EFAULT and refusals before the first element leave the count as it was passed.
  want.count = raw < 0 && attr.count == want.count ? 0 : attr.count;
  return done(raw, subject);
}

}  // namespace map_batch_detail

/// BPF_MAP_UPDATE_BATCH: writes elements until one fails. Errors: as map_update, and ENOTSUPP.
inline Result<void> map_update_batch(Kernel& kernel, MapBatch& want) {
  return map_batch_detail::change(kernel, BPF_MAP_UPDATE_BATCH, want, "update map elements");
}

/// BPF_MAP_DELETE_BATCH: removes elements until one fails. Errors: as map_delete, and ENOTSUPP.
inline Result<void> map_delete_batch(Kernel& kernel, MapBatch& want) {
  return map_batch_detail::change(kernel, BPF_MAP_DELETE_BATCH, want, "delete map elements");
}

}  // namespace skep::kernel

// What FakeKernel remembers of one object.
#pragma once

#include "kernel/fake_kernel.h"
#include "skep/uapi/link_type.h"
#include "skep/uapi/map_type.h"

namespace skep::kernel {

/// A map, program, BTF, link, or something that is a descriptor and nothing more.
struct FakeKernel::Object {
  ObjectKind kind{};
  u32 id = 0;
  bpf_attr_map_create map{};        ///< maps: as created
  u32 processors = 1;               ///< maps: copies in a per-CPU value
  std::map<Bytes, Bytes> elements;  ///< maps that are not arrays
  std::size_t storage_fd_bytes =
      0;  ///< arrays and rings: their elements or records are in the memory file, which is this long
  bool frozen = false;
  bpf_attr_prog_load prog{};    ///< programs: as loaded
  std::vector<u32> map_ids;     ///< programs: the maps that their instructions name
  Bytes btf;                    ///< BTF: its bytes
  std::string module;           ///< BTF that the kernel holds of its own accord: its name
  bpf_attr_link_create link{};  ///< links: as created
  u32 link_prog_id = 0;         ///< links: the id of the program or map they hold
  u32 btf_id = 0;               ///< maps and programs: the id of the BTF they were given

  /// Length of a value as the element commands see it.
  std::size_t value_bytes() const;
  bool is_ring() const {
    return map.map_type == BPF_MAP_TYPE_RINGBUF || map.map_type == BPF_MAP_TYPE_USER_RINGBUF;
  }
  bool is_array() const { return storage_fd_bytes != 0 && !is_ring(); }
};

/// A pointer that attributes carry, as one again.
inline void* pointer(u64 address) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
}

template <class Act>
s64 FakeKernel::file_call(FakeCall call, const Act& act) {
  const std::lock_guard lock(mutex_);
  std::optional<s64> answer = failure(call);
  if (!answer && on_call) {
    answer = on_call(call);
  }
  call.result = answer ? *answer : act();
  calls_.push_back(call);
  return call.result;
}

}  // namespace skep::kernel

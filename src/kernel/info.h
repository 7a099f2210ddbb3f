// Describing the object behind a descriptor: BPF_OBJ_GET_INFO_BY_FD, typed.
#pragma once

#include <vector>

#include "kernel/call.h"
#include "skep/uapi/info.h"
#include "skep/uapi/info_link.h"

namespace skep::kernel {

/// BPF_OBJ_GET_INFO_BY_FD: `info` goes in (pointers and counts that ask for more) and comes back filled as far as this kernel knows. Returns how many
/// bytes the kernel wrote. The kernel does not check that the object is of the kind that `info` is for: see check_kind() in kind.h. Errors: kernel (EBADF;
/// EINVAL: no bpf object; EFAULT), denied.
template <class Info>
Result<u32> object_info(Kernel& kernel, int fd, Info& info, std::string_view noun) {
  auto attr = zeroed<bpf_attr_info>();
  attr.bpf_fd = static_cast<u32>(fd);
  attr.info_len = sizeof info;
  attr.info = address_of(&info);
  SKEP_CHECK(answer(kernel.bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, SKEP_ATTR_END(info, info)),
                    [&] { return cat("describe a ", noun); }));
  return attr.info_len;
}

/// A program's description; ask for arrays by setting pointers and counts in `ask`. Errors: as object_info.
inline Result<bpf_prog_info> prog_info(Kernel& kernel, int fd,
                                       const bpf_prog_info& ask = zeroed<bpf_prog_info>()) {
  bpf_prog_info info = ask;
  SKEP_CHECK(object_info(kernel, fd, info, "program"));
  return info;
}

/// The ids of the maps that a program holds. Errors: as object_info.
inline Result<std::vector<u32>> prog_map_ids(Kernel& kernel, int fd) {
  SKEP_TRY(const bpf_prog_info counts, prog_info(kernel, fd));
  std::vector<u32> ids(counts.nr_map_ids);
  auto ask = zeroed<bpf_prog_info>();
  ask.nr_map_ids = counts.nr_map_ids;
  ask.map_ids = address_of(ids.data());
  SKEP_TRY(const bpf_prog_info info, prog_info(kernel, fd, ask));
  ids.resize(info.nr_map_ids < ids.size() ? info.nr_map_ids : ids.size());
  return ids;
}

/// A map's description. Errors: as object_info.
inline Result<bpf_map_info> map_info(Kernel& kernel, int fd) {
  auto info = zeroed<bpf_map_info>();
  SKEP_CHECK(object_info(kernel, fd, info, "map"));
  return info;
}

/// A BTF's description; ask for bytes or name by setting pointers and sizes in `ask`. Errors: as object_info.
inline Result<bpf_btf_info> btf_info(Kernel& kernel, int fd,
                                     const bpf_btf_info& ask = zeroed<bpf_btf_info>()) {
  bpf_btf_info info = ask;
  SKEP_CHECK(object_info(kernel, fd, info, "BTF"));
  return info;
}

/// The bytes of a BTF. Errors: as object_info.
inline Result<std::vector<std::byte>> btf_bytes(Kernel& kernel, int fd) {
  SKEP_TRY(const bpf_btf_info size, btf_info(kernel, fd));
  std::vector<std::byte> bytes(size.btf_size);
  auto ask = zeroed<bpf_btf_info>();
  ask.btf = address_of(bytes.data());
  ask.btf_size = size.btf_size;
  SKEP_CHECK(btf_info(kernel, fd, ask));
  return bytes;
}

/// A link's description; ask for names and arrays by setting pointers and counts of its arm in `ask`. Errors: as object_info.
inline Result<bpf_link_info> link_info(Kernel& kernel, int fd,
                                       const bpf_link_info& ask = zeroed<bpf_link_info>()) {
  bpf_link_info info = ask;
  SKEP_CHECK(object_info(kernel, fd, info, "link"));
  return info;
}

}  // namespace skep::kernel

// Ids: walking and opening every program, map, BTF and link of the system.
#pragma once

#include <optional>

#include "kernel/call.h"

namespace skep::kernel {

/// The four kinds of object that have ids.
enum class ObjectKind : u8 { prog, map, btf, link };

namespace ids_detail {

struct Commands {
  bpf_cmd next;
  bpf_cmd open;
  std::string_view noun;
};

constexpr Commands commands(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::prog: return {BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, "program"};
    case ObjectKind::map: return {BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, "map"};
    case ObjectKind::btf: return {BPF_BTF_GET_NEXT_ID, BPF_BTF_GET_FD_BY_ID, "BTF"};
    case ObjectKind::link: return {BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID, "link"};
  }
  return {BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, "program"};
}

}  // namespace ids_detail

/// BPF_*_GET_NEXT_ID: the smallest id above `after` (0 starts), or nothing at the end. Errors: denied, kernel.
inline Result<std::optional<u32>> next_id(Kernel& kernel, ObjectKind kind, u32 after) {
  const auto commands = ids_detail::commands(kind);
  auto attr = zeroed<bpf_attr_get_id>();
  attr.start_id = after;
  const int raw = kernel.bpf(commands.next, &attr, SKEP_ATTR_END(get_id, next_id));
  if (raw == -ENOENT) {
    return std::nullopt;
  }
  SKEP_CHECK(answer(raw, [&] { return cat("find the ", commands.noun, " after id ", after); }));
  return attr.next_id;
}

/// BPF_*_GET_FD_BY_ID: opens it. `open_flags`: BPF_F_RDONLY or BPF_F_WRONLY, maps only. Errors: not_found (it has gone), denied, kernel.
inline Result<Fd> open_id(Kernel& kernel, ObjectKind kind, u32 id, u32 open_flags = 0) {
  const auto commands = ids_detail::commands(kind);
  auto attr = zeroed<bpf_attr_get_id>();
  attr.start_id = id;
  attr.open_flags = open_flags;
  return descriptor(kernel.bpf(commands.open, &attr, SKEP_ATTR_END(get_id, open_flags)),
                    [&] { return cat("open ", commands.noun, " with id ", id); });
}

/// Opens BTF with the rights of a token (6.16). Errors: as open_id.
inline Result<Fd> open_btf_with_token(Kernel& kernel, u32 id, u32 open_flags, int token_fd) {
  auto attr = zeroed<bpf_attr_get_id>();
  attr.btf_id = id;
  attr.open_flags = open_flags;
  attr.fd_by_id_token_fd = token_fd;
  return descriptor(kernel.bpf(BPF_BTF_GET_FD_BY_ID, &attr, SKEP_ATTR_END(get_id, fd_by_id_token_fd)),
                    [&] { return cat("open BTF with id ", id); });
}

}  // namespace skep::kernel

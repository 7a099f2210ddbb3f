// Names for maps, programs and links in a bpf file system, and the directories around them.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// Parameters of BPF_OBJ_PIN.
struct ObjPin {
  int fd = -1;         ///< the map, program or link
  const char* path;    ///< the new name; its directory must exist on a bpf file system
  u32 flags = 0;       ///< BPF_F_PATH_FD
  int directory = -1;  ///< where a relative path starts, with BPF_F_PATH_FD (6.5)
};

/// BPF_OBJ_PIN. Errors: denied (EPERM: also when the directory is not on a bpf file system), not_found (no such directory), kernel (EEXIST).
inline Result<void> obj_pin(Kernel& kernel, const ObjPin& want) {
  auto attr = zeroed<bpf_attr_obj>();
  attr.pathname = address_of(want.path);
  attr.bpf_fd = static_cast<u32>(want.fd);
  attr.file_flags = want.flags;
  attr.path_fd = want.directory >= 0 ? want.directory : 0;
  return done(kernel.bpf(BPF_OBJ_PIN, &attr, SKEP_ATTR_END(obj, path_fd)),
              [&] { return cat("pin ", want.path); });
}

/// Parameters of BPF_OBJ_GET.
struct ObjGet {
  const char* path;
  u32 flags = 0;       ///< BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_PATH_FD
  int directory = -1;  ///< where a relative path starts, with BPF_F_PATH_FD (6.5)
};

/// BPF_OBJ_GET: opens what is pinned. Errors: not_found, denied, kernel.
inline Result<Fd> obj_get(Kernel& kernel, const ObjGet& want) {
  auto attr = zeroed<bpf_attr_obj>();
  attr.pathname = address_of(want.path);
  attr.file_flags = want.flags;
  attr.path_fd = want.directory >= 0 ? want.directory : 0;
  return descriptor(kernel.bpf(BPF_OBJ_GET, &attr, SKEP_ATTR_END(obj, path_fd)),
                    [&] { return cat("open pinned ", want.path); });
}

/// Unpins: unlink(2). Errors: not_found, denied, kernel.
inline Result<void> obj_unpin(Kernel& kernel, const char* path) {
  return done(kernel.unlink(path), [&] { return cat("unpin ", path); });
}

/// True when `path` is on a bpf file system. Errors: not_found, denied, kernel.
inline Result<bool> is_bpf_filesystem(Kernel& kernel, const char* path) {
  const s64 type = kernel.filesystem_type(path);
  if (type < 0) {
    return fail_errno(static_cast<int>(-type), cat("look at the file system of ", path));
  }
  return type == bpf_filesystem;
}

/// Makes a directory for pins. True: made; false: it existed. Errors: not_found (its parent), denied, kernel.
inline Result<bool> make_pin_directory(Kernel& kernel, const char* path) {
  const int raw = kernel.make_directory(path, 0700);
  if (raw == -EEXIST) {
    return false;
  }
  SKEP_CHECK(answer(raw, [&] { return cat("make directory ", path); }));
  return true;
}

}  // namespace skep::kernel

#include "kernel/kernel.h"

namespace skep::kernel {

std::string_view name_of(CallKind kind) {
  switch (kind) {
    case CallKind::bpf:
    case CallKind::bpf_common: return "bpf";
    case CallKind::map_memory: return "mmap";
    case CallKind::unmap_memory: return "munmap";
    case CallKind::get_memlock: return "getrlimit";
    case CallKind::set_memlock: return "setrlimit";
    case CallKind::open_directory: return "open";
    case CallKind::make_directory: return "mkdir";
    case CallKind::remove_directory: return "rmdir";
    case CallKind::unlink: return "unlink";
    case CallKind::filesystem_type: return "statfs";
    case CallKind::read_link: return "readlink";
  }
  return "unknown";
}

}  // namespace skep::kernel

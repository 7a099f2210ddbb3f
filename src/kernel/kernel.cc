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
    case CallKind::perf_event_open: return "perf_event_open";
    case CallKind::control: return "ioctl";
    case CallKind::open_file: return "open";
    case CallKind::read_file: return "read";
    case CallKind::write_file: return "write";
    case CallKind::open_socket: return "socket";
    case CallKind::bind_socket: return "bind";
    case CallKind::set_socket_option: return "setsockopt";
    case CallKind::send: return "send";
    case CallKind::receive: return "recv";
    case CallKind::epoll_create: return "epoll_create1";
    case CallKind::epoll_control: return "epoll_ctl";
    case CallKind::epoll_wait: return "epoll_wait";
  }
  return "unknown";
}

}  // namespace skep::kernel

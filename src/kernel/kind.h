// Which kind of object a descriptor is: the one thing about it that no command of bpf(2) tells.
#pragma once

#include <array>

#include "kernel/ids.h"

namespace skep::kernel {

/// Refuses a descriptor of another kind than `want`; what is pinned can be anything. BPF_OBJ_GET_INFO_BY_FD fills a bpf_map_info from a program without a
/// word, so the descriptor's link in procfs is asked ("anon_inode:bpf-map"). Where there is no procfs nothing contradicts. Errors: invalid.
inline Result<void> check_kind(Kernel& kernel, int fd, ObjectKind want) {
  constexpr std::string_view prefix = "anon_inode:";
  constexpr auto link_names = std::to_array<std::string_view>({"bpf-prog", "bpf-map", "btf", "bpf-link"});
  std::array<char, 64> text{};
  const int bytes = kernel.read_link(cat("/proc/self/fd/", fd).c_str(), text.data(), text.size());
  std::string_view had(text.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  if (had.starts_with(prefix)) {
    had.remove_prefix(prefix.size());
  }
  // A link is a bpf_link to the process that made it, and a bpf-link to one that opened it.
  had = had == "bpf_link" ? std::string_view("bpf-link") : had;
  const std::string_view wanted = link_names[static_cast<std::size_t>(want)];
  return had.empty() || had == wanted ? Result<void>()
                                      : fail(Errc::invalid, cat("want a ", wanted, ", have a ", had));
}

}  // namespace skep::kernel

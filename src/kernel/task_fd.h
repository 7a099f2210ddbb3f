// Which probe some process's perf event descriptor stands for.
#pragma once

#include "kernel/call.h"

namespace skep::kernel {

/// The answer of BPF_TASK_FD_QUERY.
struct TaskFd {
  bpf_task_fd_type type{};
  u32 prog_id = 0;
  std::string name;      ///< the tracepoint, the probed function or the probed file
  u64 probe_offset = 0;  ///< in the function or file
  u64 probe_addr = 0;    ///< when the probe was placed by address
};

/// BPF_TASK_FD_QUERY of descriptor number `fd` in process `pid` (4.18). Errors: not_found (no such process), denied, kernel (EBADF: no such
/// descriptor; ENOTSUPP: it is no probe).
inline Result<TaskFd> task_fd_query(Kernel& kernel, u32 pid, u32 fd) {
  std::string name(4096, '\0');
  auto attr = zeroed<bpf_attr_task_fd_query>();
  attr.pid = pid;
  attr.fd = fd;
  attr.buf_len = static_cast<u32>(name.size());
  attr.buf = address_of(name.data());
  SKEP_CHECK(answer(kernel.bpf(BPF_TASK_FD_QUERY, &attr, SKEP_ATTR_END(task_fd_query, probe_addr)),
                    [&] { return cat("query descriptor ", fd, " of process ", pid); }));
  return TaskFd{.type = static_cast<bpf_task_fd_type>(attr.fd_type),
                .prog_id = attr.prog_id,
                .name = std::string(until_nul(name)),
                .probe_offset = attr.probe_offset,
                .probe_addr = attr.probe_addr};
}

}  // namespace skep::kernel

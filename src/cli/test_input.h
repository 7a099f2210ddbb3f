// What a program gets to work on when the user gives nothing.
#pragma once

#include <span>
#include <vector>

#include "skep/program.h"
#include "skep/uapi/prog_type.h"

namespace skep::cli {

/// A 64-byte Ethernet frame with an IPv4 header and a UDP header, for programs that take packets; nothing for others.
std::vector<std::byte> default_data(const Program& program);
/// Zeroes for programs that must be given a context (raw tracepoint arguments, a syscall program's context); nothing for others.
std::vector<std::byte> default_context(bpf_prog_type type);

}  // namespace skep::cli

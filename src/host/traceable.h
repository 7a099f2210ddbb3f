// Which kernel functions can be traced at their entry: those that the compiler left room in. tracefs lists them, since Linux 6.5 with their addresses.
#pragma once

#include <string>
#include <vector>

#include "base/glob.h"
#include "skep/error.h"
#include "skep/types.h"

namespace skep::host {

/// Which of the two files of tracefs is read. The one with addresses costs the kernel more than twice as much (5.5 s against 2.3 s under emulation, 6.12).
enum class TraceableList : u8 {
  names,      ///< available_filter_functions
  addresses,  ///< available_filter_functions_addrs (6.5); before, the other
};

/// One line of the list.
struct TraceableFunction {
  std::string name;    ///< without a suffix ".llvm.<hash>"
  std::string module;  ///< empty: the kernel's own
  u64 address = 0;     ///< 0 in the list of names
};

/// The parts of a line of available_filter_functions ("tcp_v4_rcv", "nf_hook [nf_tables]") or, with an address before them, of available_filter_functions_addrs. What is no
/// function's line has an empty name; so have places that the kernel gave up ("__ftrace_invalid_address___...").
struct TraceableLine {
  u64 address = 0;
  std::string_view name;
  std::string_view module;
};
TraceableLine parse_traceable_line(std::string_view line);

/// The functions whose names `pattern` describes, in the list's order: by address, but for modules. One pass over some 60 000 lines.
/// Errors: not_found (no tracefs, or a kernel without CONFIG_DYNAMIC_FTRACE), denied, kernel; none matching is an empty list.
Result<std::vector<TraceableFunction>> find_traceable(const std::string& root, const Glob& pattern,
                                                      TraceableList list = TraceableList::names);

/// Names in the list that are a typing error away from `name`, best first; none where it cannot be read.
std::vector<std::string> near_traceable(const std::string& root, std::string_view name);

}  // namespace skep::host

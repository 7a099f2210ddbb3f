// The numbers that the system's <linux/bpf.h> defines as macros, which BTF cannot show. They live in a translation unit of their own because that header and ours
// give the same names.
#pragma once

#include <span>
#include <string_view>

namespace skep {

struct Macro {
  std::string_view name;
  long value;
};

/// Those that the installed header has; older ones lack some.
std::span<const Macro> system_macros();

}  // namespace skep

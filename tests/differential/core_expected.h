// CO-RE relocations that libbpf 1.1.2 refuses and skep makes, each with its reason. docs/differences.md tells the same for readers. Whatever is not here must
// be equal.
#pragma once

#include <array>
#include <string_view>

#include "differential/expected.h"

namespace differential {

/// Programs of one source that differ for some kernels.
struct CoreDifference {
  std::string_view compiler;  ///< see matches()
  std::string_view source;    ///< see matches()
  std::string_view program;   ///< see matches()
  std::string_view reason;
};

inline constexpr auto core_differences = std::to_array<CoreDifference>({
    {.compiler = "clang*",
     .source = "enums",
     .program = "value_flag_*",
     .reason = "libbpf takes enumerators of an unsigned enumeration above 2^31 for negative, and then "
               "does not find its own idea of the value in the instruction"},
});

}  // namespace differential

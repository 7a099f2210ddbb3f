// Backwards along the path that the verifier walked: where did a register get what it holds?
#pragma once

#include <optional>
#include <span>

#include "diag/log.h"

namespace skep::diag {

/// The index into `steps` of the step that made the value of register `named`, as the last step finds it: plain copies and spills to the stack are followed to
/// where the value came from; arithmetic, loads, calls and constants end the search. Nothing when the value came with the program's or function's
/// arguments, or when the path does not reach back that far.
std::optional<std::size_t> find_origin(std::span<const Step> steps, u8 named);

}  // namespace skep::diag

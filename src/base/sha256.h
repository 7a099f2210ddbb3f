// SHA-256 (FIPS 180-4): the kernel names a program by the hash of its instructions.
#pragma once

#include <array>
#include <span>

#include "skep/types.h"

namespace skep {

using Sha256 = std::array<std::byte, 32>;

/// The hash of `bytes`.
Sha256 sha256(std::span<const std::byte> bytes);

}  // namespace skep

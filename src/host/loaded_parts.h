// What of an executable is loaded, for files that have no section headers to look into.
#pragma once

#include <vector>

#include "elf/image.h"

namespace skep::host {

/// Bytes that a segment loads.
struct LoadedPart {
  ByteView bytes;
  u64 address = 0;  ///< of the first byte, as the file has it
  u32 flags = 0;    ///< PF_*

  /// The first index at which the address is a multiple of `alignment`, a power of two; may be beyond the bytes.
  u64 first_aligned(u64 alignment) const {
    return (alignment - (address & (alignment - 1))) & (alignment - 1);
  }
};

/// All that is loaded, in the file's order. However segments overlap, each byte of the file is in one part at most, so that a walk over all parts takes no longer than the file is.
std::vector<LoadedPart> loaded_parts(const elf::Image& image);

}  // namespace skep::host

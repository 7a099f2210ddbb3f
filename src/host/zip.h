// Where a file lies inside a zip archive (APK, JAR) that stores it uncompressed: programs can be mapped from there, and probed there.
#pragma once

#include <span>
#include <string_view>

#include "base/bytes.h"

namespace skep::host {

/// A stored file of an archive.
struct ZipMember {
  u64 offset = 0;  ///< of its bytes in the archive
  u64 bytes = 0;
};

/// Finds `name` in the archive's directory. Bounded: one pass over the directory, whatever the archive says of itself.
/// Errors: malformed (no zip archive, a contradiction), truncated, not_found (with the nearest names), unsupported (compressed or encrypted, or ZIP64).
Result<ZipMember> find_in_zip(std::span<const std::byte> archive, std::string_view name);

}  // namespace skep::host

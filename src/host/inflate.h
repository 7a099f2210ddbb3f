// Files that come compressed: gzip (/proc/config.gz), Zstandard (archives of BTF) and xz (symbols inside of executables).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"

namespace skep::host {

/// True when `bytes` begin as a gzip file does (RFC 1952).
bool is_gzip(std::span<const std::byte> bytes);
/// True when `bytes` begin as a Zstandard file does (RFC 8878).
bool is_zstd(std::span<const std::byte> bytes);

/// What a gzip file holds, all its members one after another. `most_bytes` bounds the result, whatever the file says of itself.
/// Errors: truncated, malformed (not gzip, a wrong checksum, bytes after the end), invalid (more than `most_bytes`).
Result<std::vector<std::byte>> gunzip(std::span<const std::byte> bytes, std::size_t most_bytes);
/// What a Zstandard file holds, all its frames one after another. Errors: as gunzip; also unsupported (a window of more than 128 MiB).
Result<std::vector<std::byte>> unzstd(std::span<const std::byte> bytes, std::size_t most_bytes);

/// What an xz file holds. Errors: as unzstd (more than 128 MiB of memory for it).
Result<std::vector<std::byte>> unxz(std::span<const std::byte> bytes, std::size_t most_bytes);

/// gunzip, unzstd or a copy, by how `bytes` begin. Errors: as those.
Result<std::vector<std::byte>> inflate_any(std::span<const std::byte> bytes, std::size_t most_bytes);

}  // namespace skep::host

// Types that do not come from the running kernel: BTF files, kernel images with types in them, and archives of BTF by kernel release.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "btf/btf.h"

namespace skep::host {

/// Reads the types in a file: bare BTF, or an ELF file (vmlinux) with a section .BTF; either may be compressed by gzip or zstd. Every type is checked. Types of the
/// other byte order are read too; original_order() tells. Errors: not_found, denied, invalid, truncated, malformed, unsupported; they name `path`.
Result<btf::Btf> read_types(const std::string& path);

/// Where an archive has the types of a release: <directory>/<release>.btf, or with .zst or .gz behind it.
/// Errors: not_found, which tells the releases that the archive has.
Result<std::string> find_in_archive(const std::string& directory, std::string_view release);

/// The types that a user names instead of the kernel's own: a file, or an archive directory that has the types of `release`. Shared by the process as
/// kernel_types() is. Errors: those of both above; invalid (types of the other byte order, which no program of this machine can go by).
Result<std::shared_ptr<const btf::Btf>> custom_types(const std::string& path, std::string_view release);

/// The same from memory: the bytes of such a file, which are copied. Not shared. Errors: as read_types(), without the path; invalid.
Result<std::shared_ptr<const btf::Btf>> custom_types(std::span<const std::byte> bytes);

}  // namespace skep::host
